"""Addresses of the desk and of the public pages."""

from django.urls import path

from programs.views import cohorts

urlpatterns = [
    path("desk/<slug:program>/", cohorts.show, {"cohort": ""}, name="program_desk"),
    path("desk/<slug:program>/<slug:cohort>/", cohorts.show, name="cohort_desk"),
]
