"""Addresses of the mentorships, for their members, their supervisors and the staff."""

from django.urls import path

from agreements.views import agreements, approval, joining, meetings, mentorships, plans, publishing, staff

desk = "desk/<slug:program>/<slug:cohort>/mentorships/"
urlpatterns = [
    path("m/", mentorships.my_mentorships, name="my_mentorships"),
    path("m/<uuid:uid>/", mentorships.mentorship, name="mentorship"),
    path("m/<uuid:uid>/help/", mentorships.ask_help, name="ask_help"),
    path("m/<uuid:uid>/end/", mentorships.end, name="mentorship_end"),
    path("m/<uuid:uid>/agreement/", agreements.agreement, name="agreement"),
    path("m/<uuid:uid>/agreement/edit/", agreements.edit, name="agreement_edit"),
    path("m/<uuid:uid>/agreement/change/", agreements.change, name="agreement_change"),
    path("m/<uuid:uid>/agreement/print/", agreements.on_paper, name="agreement_print"),
    path("m/<uuid:uid>/agreement/pdf/", agreements.pdf, name="agreement_pdf"),
    path("m/<uuid:uid>/approval/", approval.approval, name="agreement_approval"),
    path("m/<uuid:uid>/plan/", plans.plan, name="plan"),
    path("m/<uuid:uid>/plan/edit/", plans.edit, name="plan_edit"),
    path("m/<uuid:uid>/plan/share/", plans.share, name="plan_share"),
    path("m/<uuid:uid>/plan/<uuid:activity>/", plans.activity, name="activity"),
    path("m/<uuid:uid>/plan/<uuid:activity>/move/", plans.move, name="activity_move"),
    path("m/<uuid:uid>/meetings/", meetings.meetings, name="meetings"),
    path("m/<uuid:uid>/meetings/<uuid:meeting>/", meetings.meeting, name="meeting"),
    path("m/<uuid:uid>/meetings/<uuid:meeting>/delete/", meetings.delete, name="meeting_delete"),
    path(desk, staff.index, name="cohort_mentorships"),
    path(f"{desk}remind/", staff.remind, name="remind_supervisors"),
    path(f"{desk}<uuid:uid>/", staff.show, name="staff_mentorship"),
    path(f"{desk}<uuid:uid>/link/", staff.resend, name="supervisor_link"),
    path(f"{desk}<uuid:uid>/join/", joining.join, name="circle_join"),
    path(f"{desk}<uuid:uid>/end/", staff.end, name="staff_mentorship_end"),
    path(f"{desk}<uuid:uid>/help/<uuid:asked>/", staff.help_handled, name="help_handled"),
    path(f"{desk}<uuid:uid>/agreement/", staff.agreement, name="staff_agreement"),
    path(f"{desk}<uuid:uid>/agreement/pdf/", staff.agreement_pdf, name="staff_agreement_pdf"),
    path(
        "desk/<slug:program>/<slug:cohort>/matching/<int:number>/publish/",
        publishing.publish,
        name="publish_run",
    ),
]
