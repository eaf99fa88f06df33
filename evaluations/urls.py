from django.urls import path

from evaluations.views import answer, desk

DESK = "desk/<slug:program>/<slug:cohort>/surveys/"
urlpatterns = [
    path("s/<uuid:uid>/", answer.survey_answer, name="survey_answer"),
    path(DESK, desk.cohort_surveys, name="cohort_surveys"),
    path(f"{DESK}new/", desk.survey_new, name="survey_new"),
    path(f"{DESK}<uuid:uid>/", desk.survey_desk, name="survey_desk"),
    path(f"{DESK}<uuid:uid>/open/", desk.survey_open, name="survey_open"),
    path(f"{DESK}<uuid:uid>/close/", desk.survey_close, name="survey_close"),
]
