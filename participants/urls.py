"""Addresses of applying, of one's own applications, and of the desk's people."""

from django.urls import path

from participants.views import apply, decisions, directory, imports, introductions, mine, people, shortlist

DESK = "desk/<slug:program>/<slug:cohort>/people/"
MENTORS = "mentors/<slug:program>/<slug:cohort>/"
FORM = "apply/<slug:program>/<slug:cohort>/"

urlpatterns = [
    path(FORM, apply.choose_role, name="apply"),
    path(f"{FORM}<slug:role>/", apply.start, name="apply_start"),
    path(f"{FORM}<slug:role>/check-answers/", apply.check, name="apply_check"),
    path(f"{FORM}<slug:role>/application-received/", apply.received, name="apply_received"),
    path(f"{FORM}<slug:role>/<str:page>/", apply.page, name="apply_page"),
    path("me/applications/", mine.index, name="my_applications"),
    path("me/applications/<uuid:uid>/", mine.show, name="my_application"),
    path("me/applications/<uuid:uid>/reopen/", mine.reopen, name="my_application_reopen"),
    path("me/applications/<uuid:uid>/withdraw/", mine.withdraw, name="my_application_withdraw"),
    path("me/applications/<uuid:uid>/accept/", mine.accept, name="my_application_accept"),
    path("me/introductions/", introductions.index, name="my_introductions"),
    path("me/introductions/<uuid:uid>/", introductions.show, name="my_introduction"),
    path("me/introductions/<uuid:uid>/answer/", introductions.answer, name="my_introduction_answer"),
    path("me/introductions/<uuid:uid>/take-back/", introductions.take_back, name="my_introduction_take_back"),
    path("me/introductions/as/<uuid:uid>/", introductions.approach, name="approach"),
    path("me/shortlist/<uuid:uid>/", shortlist.rank, name="my_shortlist"),
    path("mentors/", directory.choose, name="mentors"),
    path(MENTORS, directory.index, name="mentor_directory"),
    path(f"{MENTORS}wishes/", directory.wish, name="mentor_wish"),
    path(f"{MENTORS}<uuid:uid>/", directory.show, name="mentor_card"),
    path(DESK, people.index, name="cohort_people"),
    path(f"{DESK}export/", people.export, name="people_export"),
    path(f"{DESK}decide/", decisions.decide, name="people_decide"),
    path(f"{DESK}decisions/", decisions.release, name="release_decisions"),
    path(f"{DESK}places/<slug:strand>/offer/", decisions.offer, name="offer_places"),
    path(f"{DESK}import/", imports.upload, name="import_applications"),
    path(f"{DESK}import/sample/", imports.sample, name="import_applications_sample"),
    path(f"{DESK}<uuid:uid>/", people.show, name="enrollment"),
    path(f"{DESK}<uuid:uid>/decide/", decisions.decide_one, name="enrollment_decide"),
    path(f"{DESK}<uuid:uid>/withdraw/", decisions.withdraw_one, name="enrollment_withdraw"),
]
