"""Addresses of the desk and of the public pages. What is fixed here stands in `rules.RESERVED` as well."""

from django.urls import path

from programs.views import cohorts, desk, mail, new_cohort, programs, public

urlpatterns = [
    path("p/<slug:program>/", public.program, name="program_public"),
    path("p/<slug:program>/<slug:cohort>/", public.cohort, name="cohort_public"),
    path("desk/", desk.home, name="desk_home"),
    path("desk/new/", programs.choose, name="program_new"),
    path("desk/new/<slug:template>/", programs.create, name="program_create"),
    path("desk/<slug:program>/", programs.show, name="program_desk"),
    path("desk/<slug:program>/people/", programs.people, name="program_people"),
    path("desk/<slug:program>/people/<int:pk>/remove/", programs.remove, name="program_person_remove"),
    path("desk/<slug:program>/settings/", programs.settings, name="program_settings"),
    path("desk/<slug:program>/words/", programs.words, name="program_words"),
    path("desk/<slug:program>/file/", programs.download, name="program_file"),
    path("desk/<slug:program>/new/", new_cohort.step, name="cohort_new_start"),
    path("desk/<slug:program>/new/<slug:step>/", new_cohort.step, name="cohort_new"),
    path("desk/<slug:program>/<slug:cohort>/", cohorts.show, name="cohort_desk"),
    path("desk/<slug:program>/<slug:cohort>/settings/", cohorts.settings, name="cohort_settings"),
    path("desk/<slug:program>/<slug:cohort>/move/<slug:key>/", cohorts.move, name="cohort_move"),
    *mail.urlpatterns,
]
