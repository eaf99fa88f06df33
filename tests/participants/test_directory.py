"""The directory of mentors: who may look, who is shown, filters in the address, wishes beside it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.errors import Refused
from core.models import AuditEvent
from participants.domain.shortlists import rank_shortlist
from participants.domain.wishes import change_wishes
from participants.models import Enrollment, Introduction, Shortlist, Skill, SkillClaim
from tests import factories as make
from tests.participants.world import Call, new_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(db: None) -> Call:
    return new_call(places=20, introductions=True)


def mentor(call: Call, **fields: Any) -> Enrollment:
    person = {
        key.removeprefix("person__"): fields.pop(key) for key in list(fields) if key.startswith("person__")
    }
    fields.setdefault("listed", True)
    return call.enroll("accepted", role="mentor", person=call.person(**person), **fields)


def url(call: Call, rest: str = "") -> str:
    return f"/mentors/{call.program.slug}/{call.cohort.slug}/{rest}"


@pytest.fixture
def mentee(call: Call, client: Client) -> Enrollment:
    """Signed in."""
    row = call.enroll("submitted")
    client.force_login(row.person)
    return row


def shown(client: Client, call: Call, query: str = "") -> list[str]:
    response = client.get(url(call, query))
    assert response.status_code == 200
    return [card.person.full_name for card in response.context["cards"]]


class TestWhoLooks:
    @pytest.mark.parametrize(
        ("state", "status"),
        [("submitted", 200), ("accepted", 200), ("waitlisted", 200), ("draft", 404), ("withdrawn", 404)],
    )
    def test_mentees_of_the_cohort(self, client: Client, call: Call, state: str, status: int) -> None:
        client.force_login(call.enroll(state).person)
        assert client.get(url(call)).status_code == status

    def test_nobody_else(self, client: Client, call: Call) -> None:
        one = mentor(call)
        other_cohort = make.EnrollmentFactory(cohort__program=call.program, cohort__introductions=True)
        for person in (one.person, call.manager, other_cohort.person, make.PersonFactory()):
            client.force_login(person)
            assert client.get(url(call)).status_code == 404
            assert client.get(url(call, f"{one.uid}/")).status_code == 404
            assert client.post(url(call, "wishes/"), {"add": one.person.uid}).status_code == 404

    @pytest.mark.parametrize(
        ("mode", "status"), [("self_match", 200), ("shortlists", 200), ("confirms_pairs", 404)]
    )
    def test_where_a_way_to_match_needs_it(self, client: Client, mode: str, status: int) -> None:
        call = new_call(**{mode: True})
        client.force_login(call.enroll("submitted").person)
        assert client.get(url(call)).status_code == status

    def test_until_the_pairs_are_made(self, client: Client, call: Call, mentee: Enrollment) -> None:
        type(call.cohort).objects.update(state="running")
        assert client.get(url(call)).status_code == 404
        assert "No directory is open to you" in client.get("/mentors/").content.decode()

    def test_a_single_directory_is_opened(self, client: Client, call: Call, mentee: Enrollment) -> None:
        assert client.get("/mentors/")["Location"] == url(call)
        make.EnrollmentFactory(person=mentee.person, cohort__introductions=True)
        assert client.get("/mentors/").content.decode().count("Look at the directory") == 2


class TestWhoIsShown:
    def test_those_who_agreed_and_could_be_the_mentor(
        self, client: Client, call: Call, mentee: Enrollment
    ) -> None:
        dana = mentor(call, person__full_name="Dana")
        hidden = mentor(call, listed=False)
        other = mentor(call, strand=make.StrandFactory(program=call.program))
        gone = mentor(call, person__is_active=False)
        call.enroll("withdrawn", role="mentor", listed=True)
        call.enroll("accepted", role="mentor", listed=True, person=mentee.person)
        assert shown(client, call) == ["Dana"]
        for one in (hidden, other, gone):
            assert client.get(url(call, f"{one.uid}/")).status_code == 404
        assert client.get(url(call, f"{dana.uid}/")).status_code == 200

    def test_a_card_says_what_they_agreed_to_and_no_more(
        self, client: Client, call: Call, mentee: Enrollment
    ) -> None:
        fields = {
            "person__job_title": "Beam physicist", "person__location": "North campus", "person__languages": ["fr"],
            "person__level": 27, "capacity": 3, "used": 1, "needs": ["career"],
            "experience": "canary-experience", "hours_per_month": 11, "own_goals": "canary-goals",
        }  # fmt: skip
        row = mentor(call, **fields)
        SkillClaim.objects.create(enrollment=row, skill=Skill.objects.get(slug="python"), direction="offers")
        for page in (client.get(url(call)), client.get(url(call, f"{row.uid}/"))):
            text = page.content.decode()
            for said in ("Beam physicist", "North campus", "French", "Python", "Career", "2 places free"):
                assert said in text
            main = text.partition("<main")[2].partition("</main>")[0]
            for kept in ("canary", row.person.email):
                assert kept not in main
            assert "27" not in re.sub(r"<[^>]+>", " ", main).split()

    def test_a_promised_place_is_not_free(self, client: Client, call: Call, mentee: Enrollment) -> None:
        row = mentor(call)
        make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=row, state="confirmed")
        assert client.get(url(call)).context["cards"][0].free == 0
        assert shown(client, call, "?free=on") == []


class TestFilters:
    @pytest.fixture
    def people(self, call: Call) -> None:
        ana = mentor(
            call, needs=["career"], person__full_name="Ana Roy", person__job_title="Chemist",
            person__languages=["fr"], person__location="Oslo",
        )  # fmt: skip
        mentor(
            call, needs=["technical"], person__full_name="Ben Ito", person__job_title="Editor",
            person__languages=["en"], person__location="Rome",
        )  # fmt: skip
        SkillClaim.objects.create(enrollment=ana, skill=Skill.objects.get(slug="python"), direction="offers")
        mentor(call, used=1, person__full_name="Cy Full", person__languages=["en"], person__location="Rome")
        other = mentor(call, person__full_name="Di Wu", person__location="Oslo")
        for slug in ("python", "writing"):
            direction = "seeks" if slug == "python" else "offers"
            SkillClaim.objects.create(
                enrollment=other, skill=Skill.objects.get(slug=slug), direction=direction
            )

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("q=chem", ["Ana Roy"]), ("q=roy+ana", ["Ana Roy"]), ("q=zz", []), ("skill=python", ["Ana Roy"]),
            ("need=technical", ["Ben Ito"]), ("language=fr", ["Ana Roy"]), ("location=Rome", ["Ben Ito", "Cy Full"]),
            ("location=Rome&free=on", ["Ben Ito"]), ("skill=nonsense", ["Ana Roy", "Ben Ito", "Cy Full", "Di Wu"]),
        ],
    )  # fmt: skip
    def test_by(
        self, client: Client, call: Call, mentee: Enrollment, people: None, query: str, names: list[str]
    ) -> None:
        assert shown(client, call, f"?{query}") == names

    def test_what_nobody_has_cannot_be_chosen(
        self, client: Client, call: Call, mentee: Enrollment, people: None
    ) -> None:
        form = client.get(url(call)).context["filter"].form
        assert [value for value, _label in form.fields["skill"].choices] == ["", "python", "writing"]
        assert "directorate" not in form.fields

    def test_as_many_queries_for_one_as_for_a_page(
        self, client: Client, call: Call, mentee: Enrollment, count_queries: Callable[[], Any]
    ) -> None:
        make.IntroductionFactory(mentee=mentee, mentor=mentor(call), state="asked")
        client.get(url(call))
        with count_queries() as few:
            client.get(url(call))
        for number in range(29):
            row = mentor(call, person__full_name=f"Zed {number}")
            make.IntroductionFactory(mentee=mentee, mentor=row, state="asked")
        with count_queries() as many:
            page = client.get(url(call))
        assert len(page.context["cards"]) == 24
        assert len(many) == len(few)
        assert len(client.get(url(call, "?page=2")).context["cards"]) == 6


class TestAsking:
    def test_from_the_card(self, client: Client, call: Call, mentee: Enrollment) -> None:
        row = mentor(call)
        answered = client.post(url(call, f"{row.uid}/"), {"note": "Hello."})
        made = Introduction.objects.get()
        assert answered["Location"] == f"/me/introductions/{made.uid}/"
        assert (made.mentee, made.mentor, made.note) == (mentee, row, "Hello.")
        assert "You have asked." in client.get(url(call, f"{row.uid}/")).content.decode()

    def test_the_list_says_what_became_of_a_request(
        self, client: Client, call: Call, mentee: Enrollment
    ) -> None:
        for number, states in enumerate([["asked"], ["refused"], ["expired", "agreed"], []]):
            row = mentor(call, person__full_name=f"Mentor {number}")
            for state in states:
                make.IntroductionFactory(mentee=mentee, mentor=row, state=state)
            make.IntroductionFactory(mentee=call.enroll("submitted"), mentor=row, state="expired")
        asks = mentor(call, person__full_name="Mentor who asks")
        theirs = make.IntroductionFactory(mentee=mentee, mentor=asks, asked_by="mentor")
        page = client.get(url(call))
        told = [card.between and card.between["introduction"].state for card in page.context["cards"]]
        assert told == ["asked", "refused", "agreed", None, "asked"]
        links = re.findall(r'href="(/me/introductions/[^"]+/)">Your request', page.content.decode())
        mine = (
            Introduction.objects.filter(mentee=mentee, asked_by="mentee")
            .exclude(state="expired")
            .order_by("mentor")
        )
        assert links == [f"/me/introductions/{one.uid}/" for one in mine]
        assert f'href="/me/introductions/{theirs.uid}/">Their request' in page.content.decode()
        assert page.content.decode().count("Ask for an introduction") == 1

    def test_the_supervisor_has_no_button_but_kind_words(
        self, client: Client, call: Call, mentee: Enrollment
    ) -> None:
        boss = mentor(call)
        mentee.person.supervisor = boss.person
        mentee.person.save()
        page = client.get(url(call, f"{boss.uid}/")).content.decode()
        assert "You work together already" in page
        assert "Send the request" not in page
        assert client.post(url(call, f"{boss.uid}/"), {}).status_code == 200
        assert Introduction.objects.count() == 0

    def test_shortlists_alone_give_no_button(self, client: Client) -> None:
        call = new_call(shortlists=True)
        row = mentor(call)
        client.force_login(call.enroll("submitted").person)
        assert "Ask" not in client.get(url(call)).content.decode().partition("<main")[2]
        assert "Send the request" not in client.get(url(call, f"{row.uid}/")).content.decode()


def wishes(row: Enrollment) -> list[int]:
    return list(row.wishes.order_by("rank").values_list("mentor", flat=True))


class TestWishes:
    def test_add_move_and_remove(self, client: Client, call: Call, mentee: Enrollment) -> None:
        one, two, three = (mentor(call).person for _ in range(3))
        for person in (one, two, three):
            client.post(url(call, "wishes/"), {"add": person.uid})
        assert wishes(mentee) == [one.pk, two.pk, three.pk]
        client.post(url(call, "wishes/"), {"up": three.uid})
        client.post(url(call, "wishes/"), {"down": one.uid})
        assert wishes(mentee) == [three.pk, one.pk, two.pk]
        client.post(url(call, "wishes/"), {"remove": three.uid, "next": url(call, "?page=2")})
        assert wishes(mentee) == [one.pk, two.pk]
        assert AuditEvent.objects.filter(verb="enrollment.wishes_changed").count() == 6

    def test_a_fourth_is_refused(self, call: Call, mentee: Enrollment) -> None:
        people = [mentor(call).person for _ in range(4)]
        for person in people[:3]:
            change_wishes(enrollment=mentee, act="add", mentor=person, by=mentee.person)
        with pytest.raises(Refused, match="three people at most"):
            change_wishes(enrollment=mentee, act="add", mentor=people[3], by=mentee.person)
        assert wishes(mentee) == [person.pk for person in people[:3]]

    def test_who_has_gone_drops_out_on_the_way(self, call: Call, mentee: Enrollment) -> None:
        gone, there, new = (mentor(call) for _ in range(3))
        for row in (gone, there):
            change_wishes(enrollment=mentee, act="add", mentor=row.person, by=mentee.person)
        Enrollment.objects.filter(pk=gone.pk).update(state="withdrawn")
        change_wishes(enrollment=mentee, act="add", mentor=new.person, by=mentee.person)
        assert wishes(mentee) == [there.person_id, new.person_id]

    def test_not_once_the_pairs_are_made(self, call: Call, mentee: Enrollment) -> None:
        type(call.cohort).objects.update(state="running")
        with pytest.raises(Refused) as refused:
            change_wishes(enrollment=mentee, act="add", mentor=mentor(call).person, by=mentee.person)
        assert refused.value.code == "wishes_closed"

    @pytest.mark.parametrize("given", ["nonsense", "", "stranger"])
    def test_only_mentors_of_the_round(
        self, client: Client, call: Call, mentee: Enrollment, given: str
    ) -> None:
        value = make.EnrollmentFactory(role="mentor").person.uid if given == "stranger" else given
        assert client.post(url(call, "wishes/"), {"add": value}).status_code == 404
        assert wishes(mentee) == []

    def test_no_way_out_of_the_site(self, client: Client, call: Call, mentee: Enrollment) -> None:
        data = {"add": mentor(call).person.uid, "next": "https://evil.example/"}
        assert client.post(url(call, "wishes/"), data)["Location"] == url(call)


class TestRanking:
    @pytest.fixture
    def listed(self, call: Call, mentee: Enrollment) -> Shortlist:
        people = [mentor(call, person__full_name=f"Mentor {letter}") for letter in "ABCDE"]
        made: Shortlist = make.ShortlistFactory(enrollment=mentee, mentors=people)
        return made

    def keys(self, listed: Shortlist) -> list[str]:
        rows = listed.suggestions.order_by("mentor__person__full_name")
        return [f"rank_{row.pk}" for row in rows]

    def test_ranks_become_wishes_and_earlier_ones_follow(
        self, client: Client, call: Call, mentee: Enrollment, listed: Shortlist
    ) -> None:
        earlier = [mentor(call).person for _ in range(2)]
        for person in earlier:
            change_wishes(enrollment=mentee, act="add", mentor=person, by=mentee.person)
        keys = self.keys(listed)
        data = dict.fromkeys(keys, 0) | {keys[3]: 1, keys[0]: 2}
        page = client.post(f"/me/shortlist/{listed.uid}/", data, follow=True)
        assert "Your ranking counts as your wishes" in page.content.decode()
        names = [Enrollment.objects.get(person=pk, listed=True).person.full_name for pk in wishes(mentee)]
        assert names[:2] == ["Mentor D", "Mentor A"]
        assert wishes(mentee)[2] == earlier[0].pk
        listed.refresh_from_db()
        assert listed.ranked_at is not None
        client.post(f"/me/shortlist/{listed.uid}/", dict.fromkeys(keys, 0))
        assert wishes(mentee) == [earlier[0].pk]

    def test_none_of_them(self, client: Client, mentee: Enrollment, listed: Shortlist) -> None:
        client.post(f"/me/shortlist/{listed.uid}/", dict.fromkeys(self.keys(listed), 0))
        assert wishes(mentee) == []
        assert set(listed.suggestions.values_list("rank", flat=True)) == {0}
        assert AuditEvent.objects.filter(verb="shortlist.ranked").count() == 1

    def test_a_rank_given_twice_is_an_error_at_its_field(self, client: Client, listed: Shortlist) -> None:
        keys = self.keys(listed)
        page = client.post(f"/me/shortlist/{listed.uid}/", dict.fromkeys(keys, 0) | {keys[0]: 1, keys[4]: 1})
        assert list(page.context["form"].errors) == [keys[4]]
        assert listed.suggestions.exclude(rank=None).count() == 0
        with pytest.raises(ValueError, match="each can be given once"):
            rank_shortlist(shortlist=listed, ranks={1: 2, 2: 2}, by=listed.enrollment.person)

    def test_who_has_gone_is_not_asked_about(self, client: Client, listed: Shortlist) -> None:
        gone = listed.suggestions.order_by("pk").first()
        assert gone is not None
        Enrollment.objects.filter(pk=gone.mentor_id).update(state="withdrawn")
        page = client.get(f"/me/shortlist/{listed.uid}/")
        assert [card.person.full_name for card, _apart, _field in page.context["rows"]] == [
            f"Mentor {letter}" for letter in "BCDE"
        ]

    def test_is_ones_own(self, client: Client, call: Call, listed: Shortlist) -> None:
        for person in (call.enroll("submitted").person, call.manager, mentor(call).person):
            client.force_login(person)
            assert client.get(f"/me/shortlist/{listed.uid}/").status_code == 404
