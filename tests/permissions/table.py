"""Who reaches which address: the permission matrix, written by hand from what each role is for.

A row is a route, what its address takes, and a rule for GET and for POST. Rules say who gets in, what the rest of the
program's staff get, and that all others get 404. To add a route, add a row; `at` takes "name" or "name=value of the
world", and `data` is what is posted where an empty form would hide the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OK, LOGIN = "ok", "login"  # any answer but a refusal; sent to sign in

# Staff of the program by what the product lets them do.
STAFF = frozenset("sponsor manager coordinator hr_liaison committee reviewer coach guest".split())
MANAGE = frozenset({"manager"})
COORDINATE = frozenset({"manager", "coordinator"})
FOLLOW = COORDINATE | {"hr_liaison"}  # the progress of pairs
PEOPLE = FOLLOW | {"reviewer"}  # applications and who is behind the figures
RESULTS = FOLLOW | {"sponsor", "committee", "guest"}
GUEST = HERE = frozenset({"guest"})  # coordinates for one partner, none of whose people is here
PAIR = frozenset({"mentor", "mentee"})
MAKERS = frozenset({"operator", "manager", "other_manager", "far_mentor_and_manager"})
STRANGERS = frozenset({"anonymous", "link_holder"})


@dataclass(frozen=True)
class Rule:
    """What each actor gets: `ok` get in, `named` get what is said of them, the rest `rest`, strangers `strangers`."""

    ok: frozenset[str] = frozenset()
    named: Mapping[str, str] = field(default_factory=dict)
    rest: str = "404"
    strangers: str = LOGIN

    def of(self, actor: str) -> str:
        """The outcome for one actor."""
        if actor in self.ok:
            return OK
        return self.named.get(actor, self.strangers if actor in STRANGERS else self.rest)


EVERYONE = Rule(rest=OK, strangers=OK)
SIGNED_IN = Rule(rest=OK)
NEVER = Rule(rest="405")  # behind a sign-in
NEVER_AT_ALL = Rule(rest="405", strangers="405")
NOT_THERE = Rule(strangers="404")
OPERATORS = Rule(frozenset({"operator"}), rest="403")
OPERATORS_NEVER = Rule(named={"operator": "405"}, rest="403")
LINK_HOLDER = Rule(frozenset({"link_holder"}), strangers="404")
CREATORS = Rule(MAKERS, rest="403")
STAFF_OR_NOTHING = Rule(STAFF, strangers="404")


def staff(who: frozenset[str], *, hidden: frozenset[str] = frozenset()) -> Rule:
    """These of the staff; other staff 403, but those from whom the object is hidden 404."""
    return Rule(who, {name: "404" if name in hidden else "403" for name in STAFF - who})


def own(*who: str, **named: str) -> Rule:
    """These, whose own it is; 404 for all others, staff included."""
    return Rule(frozenset(who), {name: code.lstrip("_") for name, code in named.items()})


@dataclass(frozen=True)
class Row:
    """One address; `near` is false where the object belongs to the whole program, not to one cohort."""

    route: str
    at: str
    get: Rule
    post: Rule
    data: Mapping[str, Any] = field(default_factory=dict)
    near: bool = True

    def kwargs(self, values: Mapping[str, Any], **instead: Any) -> dict[str, Any]:
        """What `reverse` takes."""
        pairs = (part.partition("=") for part in self.at.split())
        return {name: values.get(source or name, source) for name, _equals, source in pairs} | instead


# Those who could act find nothing: it is not put to them. All others are stopped before.
OTHER_STAFF = Rule(named={name: "404" if name in COORDINATE else "403" for name in STAFF})

COHORT = "program cohort"
CALL = "program cohort=call"
ONE = f"{COHORT} uid=mentorship"
MAIL = f"{COHORT} uid=message"

# fmt: off
ROWS: list[Row] = [
    # Of the site
    Row("healthz", "", EVERYONE, NEVER_AT_ALL),
    Row("readyz", "", EVERYONE, NEVER_AT_ALL),
    Row("set_language", "", EVERYONE, EVERYONE),
    Row("home", "", EVERYONE, NEVER_AT_ALL),
    # Of a person
    Row("me", "", SIGNED_IN, SIGNED_IN),
    Row("mail_settings", "", SIGNED_IN, SIGNED_IN),
    Row("mail_off", "token=switch_off", EVERYONE, EVERYONE),
    Row("mail_off", "token=forged", NOT_THERE, NOT_THERE),
    Row("link_enter", "token=forged", EVERYONE, NEVER_AT_ALL),
    Row("link", "", LINK_HOLDER, LINK_HOLDER),
    # Operators
    Row("people_imports", "", OPERATORS, OPERATORS),
    Row("people_import_sample", "", OPERATORS, OPERATORS_NEVER),
    Row("people_import", "uid=import", OPERATORS, OPERATORS_NEVER),
    Row("people_import_apply", "uid=import", OPERATORS_NEVER, OPERATORS),
    Row("people_import_discard", "uid=import", OPERATORS_NEVER, OPERATORS),
    # Public pages
    Row("program_public", "program", EVERYONE, NEVER_AT_ALL),
    Row("cohort_public", COHORT, EVERYONE, NEVER_AT_ALL),
    Row("cohort_public", "program cohort=hidden", STAFF_OR_NOTHING, NEVER_AT_ALL),
    # Programs
    Row("desk_home", "", SIGNED_IN, NEVER),
    Row("program_new", "", CREATORS, NEVER),
    Row("program_create", "template=laboratory", CREATORS, CREATORS),
    Row("program_desk", "program", staff(STAFF), NEVER),
    Row("program_people", "program", staff(MANAGE), staff(MANAGE)),
    Row("program_person_remove", "program pk=membership", NEVER, staff(MANAGE)),
    Row("program_settings", "program", staff(MANAGE), staff(MANAGE)),
    Row("program_words", "program", staff(MANAGE), staff(MANAGE)),
    Row("program_file", "program", staff(MANAGE), NEVER),
    Row("cohort_new_start", "program", staff(MANAGE), staff(MANAGE)),
    Row("cohort_new", "program step=places", staff(MANAGE), staff(MANAGE)),
    # A cohort's desk
    Row("cohort_desk", COHORT, staff(STAFF), NEVER),
    Row("cohort_settings", COHORT, staff(MANAGE), staff(MANAGE)),
    Row("cohort_move", f"{COHORT} key=close", staff(MANAGE), staff(MANAGE)),
    # Its mail: to everybody in it
    Row("cohort_mail", COHORT, staff(COORDINATE), NEVER),
    Row("cohort_mail_send", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("cohort_mail_drop", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("cohort_mail_message", MAIL, staff(COORDINATE), NEVER),
    Row("cohort_mail_html", MAIL, staff(COORDINATE), NEVER),
    Row("cohort_mail_edit", MAIL, staff(COORDINATE), staff(COORDINATE)),
    Row("cohort_mail_resend", MAIL, NEVER, staff(COORDINATE)),
    Row("cohort_mail_arrived", MAIL, NEVER, staff(COORDINATE)),
    # Applying
    Row("apply", CALL, SIGNED_IN, NEVER),
    Row("apply", "program cohort=hidden", Rule(), NEVER),
    Row("apply_start", f"{CALL} role=mentee", SIGNED_IN, SIGNED_IN),
    Row("apply_start", "program cohort=hidden role=mentee", Rule(), Rule()),
    Row("apply_check", f"{CALL} role=mentee", SIGNED_IN, SIGNED_IN),
    Row("apply_received", f"{CALL} role=mentee", SIGNED_IN, NEVER),
    Row("apply_page", f"{CALL} role=mentee page=work", SIGNED_IN, SIGNED_IN),
    Row("my_applications", "", SIGNED_IN, NEVER),
    Row("my_application", "uid=draft", own("applicant"), NEVER),
    Row("my_application", "uid=withdrawn", own("quitter"), NEVER),
    Row("my_application_reopen", "uid=draft", NEVER, own("applicant")),
    Row("my_application_withdraw", "uid=draft", NEVER, own("applicant")),
    Row("my_application_accept", "uid=draft", NEVER, own("applicant")),
    Row("my_weights", "uid=draft", own("applicant"), own("applicant")),
    # Finding each other before the matching
    Row("mentors", "", SIGNED_IN, NEVER),
    Row("mentor_directory", CALL, own("seeker"), NEVER),
    Row("mentor_directory", COHORT, own(), NEVER),
    Row("mentor_card", f"{CALL} uid=listed", own("seeker"), own("seeker")),
    Row("mentor_card", f"{CALL} uid=unlisted", own(), own()),
    Row("mentor_wish", CALL, NEVER, own("seeker")),
    Row("my_introductions", "", SIGNED_IN, NEVER),
    Row("my_introduction", "uid=asked_introduction", own("seeker", "host"), NEVER),
    Row("my_introduction", "uid=agreed_introduction", own("host"), NEVER),
    Row("my_introduction_answer", "uid=asked_introduction", NEVER, own("host", seeker="_403")),
    Row("my_introduction_take_back", "uid=asked_introduction", NEVER, own("seeker", host="_403")),
    Row("approach", "uid=listed", own("host"), own("host")),
    Row("my_shortlist", "uid=shortlist", own("seeker"), own("seeker")),
    # The people of a cohort
    Row("cohort_people", COHORT, staff(PEOPLE | HERE), NEVER),
    Row("people_export", COHORT, staff(PEOPLE | HERE), NEVER),
    Row("people_export", CALL, staff(PEOPLE | HERE), NEVER),
    Row("people_decide", COHORT, NEVER, staff(COORDINATE | HERE)),
    Row("release_decisions", COHORT, staff(COORDINATE | HERE), staff(COORDINATE | HERE)),
    Row("offer_places", f"{CALL} strand", NEVER, staff(COORDINATE)),
    Row("import_applications", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("import_applications_sample", COHORT, staff(COORDINATE), NEVER),
    Row("enrollment", f"{CALL} uid=submitted", staff(PEOPLE, hidden=GUEST), NEVER),
    Row("enrollment", f"{CALL} uid=draft", staff(PEOPLE, hidden=GUEST), NEVER),
    Row("enrollment", f"{CALL} uid=withdrawn", staff(PEOPLE, hidden=GUEST), NEVER),
    Row("enrollment_decide", f"{CALL} uid=submitted", NEVER, staff(COORDINATE, hidden=GUEST)),
    Row("enrollment_withdraw", f"{CALL} uid=submitted", NEVER, staff(COORDINATE, hidden=GUEST)),
    # Matching: about everybody in the cohort
    Row("matching_review", COHORT, staff(PEOPLE), NEVER),
    Row("matching_start", COHORT, NEVER, staff(COORDINATE)),
    Row("matching_criteria", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("matching_what_if", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("matching_what_if_progress", COHORT, staff(COORDINATE), NEVER),
    Row("matching_forget_preset", f"{COHORT} pk=preset", NEVER, staff(COORDINATE), near=False),
    Row("matching_fixed", COHORT, staff(PEOPLE), staff(COORDINATE)),
    Row("matching_allow", f"{COHORT} pk=exclusion", NEVER, staff(COORDINATE), near=False),
    Row("matching_list", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("matching_list_sample", COHORT, staff(COORDINATE), NEVER),
    Row("matching_lock", COHORT, NEVER, staff(COORDINATE)),
    Row("matching_undo", COHORT, NEVER, staff(COORDINATE)),
    Row("matching_pictures", f"{COHORT} number=run", staff(PEOPLE), NEVER),
    Row("matching_compare", f"{COHORT} number=run other=run", staff(PEOPLE), NEVER),
    Row("matching_decide", f"{COHORT} number=run", staff(COORDINATE), staff(COORDINATE)),
    Row("matching_exclude", f"{COHORT} mentee=free_mentee mentor=free_mentor", staff(COORDINATE), staff(COORDINATE)),
    Row("matching_introductions", CALL, staff(PEOPLE), NEVER),
    Row("matching_introduction_confirm", f"{CALL} uid=agreed_introduction", NEVER, staff(COORDINATE)),
    Row("matching_introduction_change", f"{CALL} uid=agreed_introduction", staff(COORDINATE), staff(COORDINATE)),
    Row("matching_introduction_change", f"{CALL} uid=asked_introduction", OTHER_STAFF, OTHER_STAFF),
    Row("matching_shortlists", CALL, staff(PEOPLE), staff(COORDINATE)),
    Row("matching_run", f"{COHORT} number=run", staff(PEOPLE), NEVER),
    Row("matching_progress", f"{COHORT} number=run", staff(PEOPLE), NEVER),
    Row("matching_cancel", f"{COHORT} number=run", NEVER, staff(COORDINATE)),
    Row("matching_export", f"{COHORT} number=run kind=csv", staff(PEOPLE), NEVER),
    Row("matching_recruiting", f"{COHORT} number=run", staff(PEOPLE), NEVER),
    Row("matching_recruiting_export", f"{COHORT} number=run", staff(PEOPLE), NEVER),
    Row("matching_ask", f"{COHORT} number=run", staff(COORDINATE), staff(COORDINATE)),
    Row("answer_pair", "uid=question", own("proposed"), own("proposed")),
    Row("publish_run", f"{COHORT} number=run", staff(COORDINATE), staff(COORDINATE)),
    # A mentorship: the pair's own
    Row("my_mentorships", "", SIGNED_IN, NEVER),
    Row("mentorship", "uid=mentorship", own(*PAIR), NEVER),
    Row("ask_help", "uid=mentorship", own(*PAIR), own(*PAIR)),
    Row("mentorship_end", "uid=mentorship", own(*PAIR), own(*PAIR)),
    Row("agreement", "uid=mentorship", own(*PAIR), own(*PAIR)),
    Row("agreement_edit", "uid=mentorship", own(*PAIR), own(*PAIR)),
    Row("agreement_change", "uid=mentorship", NEVER, own(*PAIR)),
    Row("agreement_print", "uid=mentorship", own(*PAIR), NEVER),
    Row("agreement_pdf", "uid=mentorship", own(*PAIR), NEVER),
    Row("agreement_approval", "uid=mentorship", own("supervisor"), own("supervisor")),
    Row("plan", "uid=mentorship", own(*PAIR), own("mentee"), {"kind": "need", "text": "Read more"}),
    Row("plan_edit", "uid=mentorship", own("mentee"), own("mentee")),
    Row("plan_share", "uid=mentorship", NEVER, own("mentee")),
    Row("activity", "uid=mentorship activity", own("mentee"), own("mentee")),
    Row("activity_move", "uid=mentorship activity", NEVER, own("mentee"), {"to": "done"}),
    Row("meetings", "uid=mentorship", own(*PAIR), own(*PAIR)),
    Row("meeting", "uid=mentorship meeting", own("mentee", mentor="_403"), own("mentee", mentor="_403")),
    Row("meeting_delete", "uid=mentorship meeting", NEVER, own("mentee", mentor="_403")),
    # Mentorships on the desk: progress, never notes
    Row("cohort_mentorships", COHORT, staff(FOLLOW | HERE), NEVER),
    Row("remind_supervisors", COHORT, NEVER, staff(COORDINATE | HERE)),
    Row("staff_mentorship", ONE, staff(FOLLOW, hidden=GUEST), NEVER),
    Row("supervisor_link", ONE, NEVER, staff(COORDINATE, hidden=GUEST)),
    Row("staff_mentorship_end", ONE, staff(COORDINATE, hidden=GUEST), staff(COORDINATE, hidden=GUEST)),
    Row("circle_join", ONE, staff(COORDINATE, hidden=GUEST), staff(COORDINATE, hidden=GUEST)),
    Row("help_handled", f"{ONE} asked=help", NEVER, staff(COORDINATE, hidden=GUEST)),
    Row("staff_agreement", ONE, staff(COORDINATE, hidden=GUEST), NEVER),
    Row("staff_agreement_pdf", ONE, staff(COORDINATE, hidden=GUEST), NEVER),
    # Surveys
    Row("survey_answer", "uid=invitation", own("mentee"), own("mentee")),
    Row("cohort_surveys", COHORT, staff(RESULTS), NEVER),
    Row("survey_new", COHORT, staff(COORDINATE), staff(COORDINATE)),
    Row("survey_desk", f"{COHORT} uid=survey", staff(RESULTS), NEVER),
    Row("survey_open", f"{COHORT} uid=survey", NEVER, staff(COORDINATE)),
    Row("survey_close", f"{COHORT} uid=survey", NEVER, staff(COORDINATE)),
]
# fmt: on

# Not ours: their own project tests who reaches them.
THIRD_PARTY = frozenset(
    """
    account_change_password account_confirm_email account_confirm_login_code account_email
    account_email_verification_sent account_inactive account_login account_logout account_reauthenticate
    account_request_login_code account_reset_password account_reset_password_done account_reset_password_from_key
    account_reset_password_from_key_done account_set_password account_signup
    mfa_activate_totp mfa_add_webauthn mfa_authenticate mfa_deactivate_totp mfa_download_recovery_codes
    mfa_edit_webauthn mfa_generate_recovery_codes mfa_index mfa_list_webauthn mfa_reauthenticate
    mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_view_recovery_codes
    """.split()
)
