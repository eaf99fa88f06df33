"""Programs as files."""

from typing import Any

import pytest
import yaml

from matching.engine.criteria import Criteria
from participants.models import Enrollment
from programs.domain.export import export_program
from programs.domain.programs import create_program
from programs.labels import in_language
from programs.models import Program, Questionnaire
from programs.program_files import FILES, ProgramFile, ProgramFileError, read, shipped, write
from programs.questions import Questionnaire as Tree
from programs.questions import parse
from programs.rules import MODES
from tests.factories import OrganizationFactory

KEYS = ["field_office", "laboratory", "university"]
SIDES = ("mentor", "mentee")


def trees(file: ProgramFile) -> dict[str, Tree]:
    return {key: parse(one["questions"]) for key, one in file.questionnaires.items()}


def test_three_programs_are_shipped() -> None:
    assert list(shipped()) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_a_file_is_written_back_equal(key: str) -> None:
    file = shipped()[key]
    assert read(write(file), "again") == file


@pytest.mark.django_db
@pytest.mark.parametrize("key", KEYS)
def test_a_program_made_from_a_file_exports_an_equal_one(key: str) -> None:
    file = shipped()[key]
    program = create_program(template=key, name="Ours", slug="ours", owner=OrganizationFactory(), by=None)
    made = export_program(Program.objects.get(pk=program.pk))
    names = dict.fromkeys(file.languages, "Ours")
    assert made == ProgramFile(**{**file.__dict__, "name": names})
    assert read(write(made), "again") == made


@pytest.mark.django_db
def test_an_export_has_the_newest_version_of_each_questionnaire() -> None:
    program = create_program(
        template="laboratory", name="Ours", slug="ours", owner=OrganizationFactory(), by=None
    )
    old = program.questionnaires.get(key="checkin")
    newer = {"pages": [{**old.questions["pages"][0], "key": "newer"}]}
    Questionnaire.objects.create(program=program, purpose="survey", key="checkin", number=2, questions=newer)
    assert export_program(program).questionnaires["checkin"]["questions"] == newer


@pytest.mark.parametrize("key", KEYS)
def test_applications_ask_what_the_profiles_need(key: str) -> None:
    found = trees(shipped()[key])
    both = {
        "position_summary",
        "experience",
        "strengths",
        "own_goals",
        "goals",
        "hours_per_month",
        "media",
        "availability",
        "needs",
    }
    several = {"capacity"} if key == "laboratory" else set()  # mentors for one mentee
    assert set(found["mentor"].feeding) == both | {"skills_offered", "capacity", "listed"}
    assert (
        set(found["mentee"].feeding)
        == both | {"skills_sought", "expectations", "career_goals", "wishes"} | several
    )
    assert found["mentee"].feeding["wishes"].max_choices == 3
    assert [len(found[side].pages) > 2 for side in SIDES] == [True, True]


@pytest.mark.parametrize("key", KEYS)
def test_surveys_ask_for_the_published_figures(key: str) -> None:
    found = trees(shipped()[key])
    asked = found["final"].questions
    scales = ["supported", "prepared", "well_matched", "relationship", "goals_met", "recommend"]
    assert [(one.key, one.kind, one.min, one.max, one.required) for one in asked.values()] == [
        *((name, "scale", 1, 5, True) for name in scales),
        ("comment", "text", 0, 0, False),
    ]
    assert len(found["checkin"].questions) == 3
    shown = {one.visible_to for survey in ("final", "checkin") for one in found[survey].questions.values()}
    assert shown == {"together"}


@pytest.mark.parametrize("key", KEYS)
def test_mentors_and_mentees_choose_from_the_same_lists(key: str) -> None:
    found = trees(shipped()[key])
    offered, sought = found["mentor"].feeding["skills_offered"], found["mentee"].feeding["skills_sought"]
    assert offered.choices == sought.choices
    assert 25 <= len(offered.choices) <= 40
    for field in ("goals", "media", "availability", "needs"):
        assert found["mentor"].feeding[field].choices == found["mentee"].feeding[field].choices
    assert [choice.value for choice in found["mentor"].feeding["media"].choices] == [
        "in_person",
        "video",
        "phone",
        "email",
    ]
    halves = [choice.value for choice in found["mentor"].feeding["availability"].choices]
    assert halves == [f"{day}-{half}" for day in ("mon", "tue", "wed", "thu", "fri") for half in ("am", "pm")]


@pytest.mark.parametrize("key", KEYS)
def test_every_text_has_both_languages_and_they_differ(key: str) -> None:
    def texts(value: Any) -> list[dict[str, str]]:
        if isinstance(value, dict):
            if set(value) & {"en", "fr"}:
                return [value]
            return [text for item in value.values() for text in texts(item)]
        return [text for item in value for text in texts(item)] if isinstance(value, list) else []

    data = yaml.safe_load((FILES / f"{key}.yaml").read_text())
    del data["labels"]
    found = texts(data)
    assert len(found) > 100
    assert [text for text in found if set(text) != {"en", "fr"}] == []
    same = {text["en"] for text in found if text["en"] == text["fr"]}
    assert same == set()


@pytest.mark.parametrize("key", KEYS)
def test_criteria_are_known_to_the_matching_engine(key: str) -> None:
    criteria = shipped()[key].criteria
    whole = Criteria.from_dict(criteria).to_dict()
    assert {name: whole[name] for name in ("unit_wanted", "level_curve")} == {
        name: criteria[name] for name in ("unit_wanted", "level_curve")
    }


def test_each_program_keeps_its_own_ways() -> None:
    office, laboratory, university = (shipped()[key] for key in KEYS)
    assert in_language(office.labels["en"], "mentee") == "protégé"
    assert office.labels["en"]["plan"] == "Mentoring Action Plan (MAP)"
    assert [office.policy[name] for name in ("agreement_days", "plan_days", "term_months", "meetings_per_month")] == [
        30, 60, 12, 2,
    ]  # fmt: skip
    assert [file.policy["supervisor_signs"] for file in (office, laboratory, university)] == [
        True,
        False,
        False,
    ]
    assert [(one["slug"], one["format"], one["size_max"]) for one in university.strands] == [
        ("permanent", "one_to_one", 1),
        ("non-permanent", "one_to_one", 1),
        ("circles", "circle", 8),
    ]
    capacity = trees(university)["mentor"].feeding["capacity"]
    assert capacity.max >= university.strands[2]["size_max"]
    assert capacity.max <= max(
        validator.limit_value
        for validator in Enrollment._meta.get_field("capacity").validators
        if validator.code == "max_value"  # type: ignore[union-attr]
    )


def test_ways_to_match() -> None:
    office, laboratory, university = (shipped()[key] for key in KEYS)
    assert {name: office.policy[name] for name in MODES} == {
        "introductions": True, "self_match": False, "shortlists": False, "confirms_pairs": True,
    }  # fmt: skip
    on = [{name for name in MODES[:3] if file.policy[name]} for file in (office, laboratory, university)]
    assert on == [{"introductions"}, {"shortlists"}, set()]


def test_a_file_of_before_the_ways_to_match_takes_the_usual_ones() -> None:
    gone = {f"policy__{name}": None for name in MODES}
    policy = read(broken(**gone), "ours.yaml").policy
    assert {name: policy[name] for name in MODES} == {
        "introductions": False, "self_match": False, "shortlists": False, "confirms_pairs": True,
    }  # fmt: skip


def broken(**changes: Any) -> str:
    data = yaml.safe_load((FILES / "laboratory.yaml").read_text())
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = data
        for part in way:
            inner = inner[int(part)] if part.isdigit() else inner[part]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return yaml.dump(data, allow_unicode=True)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"policy": None}, "'policy' is missing"),
        ({"color": 1}, "the file: 'color' is not known here"),
        ({"format": 2}, "format: 2 is not 1"),
        ({"key": "a b"}, "key: 'a b' is not a short word"),
        ({"languages": ["en", "xx"]}, "languages: ['en', 'xx'] is not a list of en, fr"),
        ({"languages": []}, "languages: [] is not a list of"),
        ({"strands": {}}, "strands: is not a list"),
        ({"questionnaires": []}, "questionnaires: is not a mapping"),
        ({"criteria": []}, "criteria: is not a mapping"),
        ({"texts__mentor": None}, "texts: 'mentor' is missing"),
        ({"texts__summary__fr": None}, "texts.summary: has no text in fr"),
        ({"name": "Ours"}, "name: is not text by language"),
        ({"labels": {"de": {}}}, "labels: 'de' is not one of the program's languages"),
        ({"labels": {"en": {"boss": "x"}}}, "labels.en: 'boss' is not one of"),
        ({"labels": {"en": {"mentee": ""}}}, "labels.en: is not a mapping of words"),
        ({"labels": []}, "labels: is not a mapping of languages"),
        ({"policy__term_months": None}, "policy: 'term_months' is missing"),
        ({"policy__term_months": "12"}, "policy.term_months: '12' is not a number"),
        ({"policy__term_months": -1}, "policy.term_months: -1 is not a number"),
        ({"policy__action_plan": 1}, "policy.action_plan: 1 is not yes or no"),
        ({"strands__0__slug": None}, "strands[1]: 'slug' is missing"),
        ({"strands__0__format": "trio"}, "strands[1].format: 'trio' is not one of one_to_one, circle"),
        ({"strands__0__size_min": 5}, "strands[1]: size_min 5 to size_max 1 is not a range"),
        ({"strands__0__hosts": 2}, "strands[1].hosts: 2 is not 1, or 2 for circles"),
        ({"strands__0__hosts": 3, "strands__0__format": "circle"}, "strands[1].hosts: 3 is not 1, or 2 for"),
        ({"strands__0__name": "x"}, "strands[1].name: is not text by language"),
        ({"questionnaires__mentor": None}, "questionnaires.mentor: is missing"),
        ({"questionnaires__mentor__purpose": "survey"}, "questionnaires.mentor: is missing"),
        ({"questionnaires__mentor__purpose": "x"}, "questionnaires.mentor.purpose: 'x' is not one of"),
        ({"questionnaires__mentor__pages": {}}, "questionnaires.mentor.pages: is not a list"),
        (
            {"questionnaires__mentor__pages__0__questions__0__kind": "essay"},
            "questionnaires.mentor: page “work”, question “position_summary”: kind 'essay' is not one of",
        ),
        (
            {"questionnaires__mentor__pages__0__questions__0__label": {"en": "What?"}},
            "questionnaires.mentor, question “position_summary”: has no text in fr",
        ),
        (
            {"questionnaires__mentor__pages__1__questions__0__choices": "talents"},
            "questionnaires.mentor, question “skills_offered”: there is no list 'talents'",
        ),
        (
            {"questionnaires__mentor__pages__1__questions__0__choices": ["a"]},
            "question “skills_offered”: choices are a list's name or value: text",
        ),
    ],
)
def test_a_mistake_is_told_with_file_place_and_problem(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ProgramFileError) as caught:
        read(broken(**changes), "ours.yaml")
    assert str(caught.value).startswith("ours.yaml: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a", "a: [", "just words", "a: &x [*x]"])
def test_what_is_no_program_file_is_told_so(text: str) -> None:
    with pytest.raises(ProgramFileError, match=r"^ours.yaml: "):
        read(text, "ours.yaml")
