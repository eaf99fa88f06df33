"""Addresses of the matching desk."""

from django.urls import path

from matching.views import (
    acts,
    answers,
    beside,
    criteria,
    hand,
    lists,
    overview,
    own,
    recruiting,
    run,
    ways,
    whatif,
)

DESK = "desk/<slug:program>/<slug:cohort>/matching/"
RUN = f"{DESK}<int:number>/"

urlpatterns = [
    path(DESK, overview.index, name="matching_review"),
    path(f"{DESK}start/", overview.start, name="matching_start"),
    path(f"{DESK}criteria/", criteria.criteria, name="matching_criteria"),
    path(f"{DESK}criteria/<int:pk>/delete/", criteria.forget_preset, name="matching_forget_preset"),
    path("me/applications/<uuid:uid>/what-matters/", own.weights, name="my_weights"),
    path(f"{DESK}what-if/", whatif.what_if, name="matching_what_if"),
    path(f"{DESK}what-if/progress/", whatif.progress, name="matching_what_if_progress"),
    path(f"{DESK}by-hand/", hand.fixed, name="matching_fixed"),
    path(f"{DESK}by-hand/<int:pk>/allow/", acts.allow, name="matching_allow"),
    path(f"{DESK}by-hand/list/", lists.upload, name="matching_list"),
    path(f"{DESK}by-hand/list/sample/", lists.sample, name="matching_list_sample"),
    path(f"{DESK}lock/", acts.lock, name="matching_lock"),
    path(f"{DESK}undo/", acts.undo, name="matching_undo"),
    path(f"{DESK}exclude/<uuid:mentee>/<uuid:mentor>/", acts.exclude, name="matching_exclude"),
    path(f"{DESK}introductions/", ways.introductions, name="matching_introductions"),
    path(f"{DESK}introductions/<uuid:uid>/confirm/", ways.confirm, name="matching_introduction_confirm"),
    path(f"{DESK}introductions/<uuid:uid>/change/", ways.change, name="matching_introduction_change"),
    path(f"{DESK}shortlists/", ways.shortlists, name="matching_shortlists"),
    path(RUN, run.show, name="matching_run"),
    path(f"{RUN}progress/", run.progress, name="matching_progress"),
    path(f"{RUN}pictures/", beside.pictures, name="matching_pictures"),
    path(f"{RUN}export/<str:kind>/", beside.export, name="matching_export"),
    path(f"{RUN}compare/<int:other>/", beside.comparison, name="matching_compare"),
    path(f"{RUN}decide/", hand.decide_page, name="matching_decide"),
    path(f"{RUN}cancel/", run.cancel, name="matching_cancel"),
    path(f"{RUN}recruiting/", recruiting.show, name="matching_recruiting"),
    path(f"{RUN}recruiting/export/", recruiting.export, name="matching_recruiting_export"),
    path(f"{RUN}ask/", answers.ask, name="matching_ask"),
    path("me/pairs/<uuid:uid>/", answers.answer, name="answer_pair"),
]
