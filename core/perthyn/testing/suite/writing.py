"""Writing: what is created, edited and deleted is so, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from perthyn.changes import Create, Delete, Edit
from perthyn.model import (
    CORE_TYPES,
    Address,
    Campaign,
    Consent,
    Contact,
    Custom,
    CustomField,
    Email,
    ExternalId,
    Inbound,
    Job,
    Membership,
    Message,
    Obtained,
    Phone,
    Piece,
    Problem,
    Redirect,
    Relationship,
    Role,
    Screening,
    Segment,
    Setting,
    Suppression,
    Tag,
    Takings,
)
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, NOON, StoreCases, happened, numbered, one, paid, person, taken

SIAN = person(
    1,
    "Siân Ŵyn-Jones",
    title="Dr",
    given="Siân",
    family="Ŵyn-Jones",
    salutation="Annwyl Siân",
    emails=(Email(address="Sian@Example.cymru", preferred=True), Email(address="family@example.cymru")),
    phones=(Phone.of("07700 900123"), Phone(number="ext. 12")),
    addresses=(
        Address(lines="Tŷ Gwyn\n1 Stryd Fawr", town="Machynlleth", postcode="SY20 8XX", preferred=True),
        Address(lines="Flat 2", town="Aberystwyth", county="Ceredigion", country="Cymru"),
    ),
    language="cy",
    language_asked=date(2024, 2, 29),
    roles=(
        Role(role="member", level="Teulu", start=date(2024, 1, 1), end=date(2026, 12, 31), grace_days=30),
        Role(role="volunteer"),
    ),
    relationships=(Relationship(kind="household_member", other=numbered(2), start=date(2020, 1, 1)),),
    tags=(Tag(tag="Côr"), Tag(tag="Open Day 2025")),
    custom=(
        Custom(name="own.shirt", text="M"),
        Custom(name="own.children", number=0),
        Custom(name="own.joined", day=date(1999, 12, 31)),
    ),
    external_ids=(ExternalId(source="square:till", external="C-1", delivered=-5), ExternalId(source="x", external="1")),
    age_band="adult",
    age_noted=date(2025, 5, 5),
    deceased=True,
    note="Prefers the side door.\n\tRing twice.",
)  # fmt: skip

WHOLE = (
    SIAN,
    happened(
        11,
        SIAN,
        source="pretix:castle",
        source_id="O-1/2",
        source_version=1_760_000_000_123,
        delivered=2**53,
        channel="web",
        direction="in",
        at=NOON,
        amount=-1250,
        currency="GBP",
        quantity=2,
        party_size=5,
        lead_days=14,
        site="Plas Brithwen",
        event="Noson y Coed",
        event_type="evening",
        campaign="Gaeaf",
        order="O-1",
        subject="Adult",
        text="Diolch!",
        raw='{"a":1}',
        came_as=numbered(3),
    ),
    taken(12, source="square:main-till", source_id="L-1", at=NOON, amount=350, currency="GBP", raw="[]"),
    Redirect(id=numbered(13), to=SIAN.id),
    Consent(
        id=numbered(14),
        contact=SIAN.id,
        channel="email",
        decision="given",
        at=NOON,
        recorded=NOON,
        how="paper form",
        by="ann",
        wording="Hoffwn glywed.",
        wording_version="2",
        language="cy",
        address="sian@example.cymru",
        evidence="box 4",
        source="form",
        source_id="9",
        delivered=7,
        came_as=numbered(3),
    ),
    Suppression(id=numbered(15), address_hash="ab12", channel="post", why="erased", recorded=NOON),
    Segment(id=numbered(16), name_en="Members", name_cy="Aelodau", mode="snapshot", rule="{}", fixed_on=DAY),
    Membership(id=numbered(17), contact=SIAN.id, segment=numbered(16), since=NOON, came_as=numbered(3)),
    Problem(
        id=numbered(18), code="import.row", state="open", where="a.csv", row=12, column="Date", raw="30/2", facts="{}",
        contact=SIAN.id, other=numbered(2), at=NOON,
    ),
    CustomField(id=numbered(19), name="own.shirt", type="text", label_en="Shirt", label_cy="Crys", personal="none"),
    Setting(id=numbered(20), name="zone", value='"Europe/London"'),
    Obtained(
        id=numbered(21), contact=SIAN.id, channel="email", address="sian@example.cymru", at=NOON, whom="third_party",
        connection="support", refusable=True, subscriber="corporate", recorded=NOON, how="web form", by="ann",
        evidence="box 4", source="form", source_id="10", delivered=8, came_as=numbered(3),
    ),
    Screening(
        id=numbered(22), contact=SIAN.id, list="tps", address="+447700900123", checked=NOON, hit=True, reference="T-1",
        recorded=NOON, by="ann", came_as=numbered(3),
    ),
    Campaign(
        id=numbered(23), code="gaeaf-2026", name_en="Winter", name_cy="Gaeaf", channel="email", purpose="fundraising",
        state="paused", segment=numbered(16), rule="{}", frozen_on=DAY, languages="cy", household=True,
        subject_en="Winter", subject_cy="Gaeaf", letter_en="Dear {{ name }}", letter_cy="Annwyl {{ name }}",
        cost=1250, currency="GBP", income_days=14, made=NOON, by="ann",
    ),
    Message(
        id=numbered(24), contact=SIAN.id, campaign=numbered(23), channel="email", state="sent", language="cy",
        address="sian@example.cymru", rule="consent.given", evidence="[]", household=numbered(2), due=NOON, attempts=2,
        worker="eve-1", claimed=NOON, sent=NOON, reply="250 OK", came_as=numbered(3),
    ),
    Job(
        id=numbered(25), name="test.chore", about="x:main", facts="{}", state="parked", due=NOON, attempts=3,
        worker="eve-1", until=NOON, code="job.broken", why="ŵ",
    ),
    Inbound(
        id=numbered(26), channel="form", account="main", event="e-1", path="/in/form/main", headers="{}",
        body=(Piece(number=1, text="eJw="), Piece(number=2, text="x")), came=NOON, state="parked", code="x.y", why="ŵ",
    ),
)  # fmt: skip


class WritingCases(StoreCases):
    """What a write does."""

    def test_created_record_is_there(self, store: Store) -> None:
        """A created record can be read by its id."""
        self.add(store, person(1, "Ann"))
        assert one(store, person(1)) == person(1, "Ann")

    def test_every_core_type_comes_back_whole(self, store: Store) -> None:
        """A record of each core type with every field set comes back equal, field by field."""
        self.add(store, *WHOLE)
        assert {type(record) for record in WHOLE} == set(CORE_TYPES)
        for record in WHOLE:
            assert one(store, record) == record

    def test_least_record_of_each_type_comes_back(self, store: Store) -> None:
        """What was left out stays unknown: no store fills anything in."""
        least = (Contact(id=numbered(1)), happened(2, person(1)), taken(3), Segment(id=numbered(4)))
        self.add(store, *least)
        for record in least:
            assert one(store, record) == record

    def test_hash_of_a_stored_record_is_that_of_the_given(self, store: Store) -> None:
        """The canonical form, by which a move proves itself, survives storing."""
        self.add(store, *WHOLE)
        assert [one(store, record).digest() for record in WHOLE] == [record.digest() for record in WHOLE]

    def test_edit_changes_one_field_and_no_other(self, store: Store) -> None:
        """An edit of a field leaves every other field and every part alone."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"name": (SIAN.name, "Siân Morris")}))
        assert one(store, SIAN) == SIAN.with_values({"name": "Siân Morris"})

    def test_edit_of_one_record_leaves_its_neighbours(self, store: Store) -> None:
        """An edit touches the record it names only."""
        self.add(store, person(1, "Ann"), person(2, "Ann"), person(3, "Ann"))
        self.write(store, Edit("contact", numbered(2), {"name": ("Ann", "Bea")}))
        assert [found.name for found in store.scan(Contact)] == ["Ann", "Bea", "Ann"]

    def test_edit_to_none_empties_a_field(self, store: Store) -> None:
        """None as the new value makes a field unknown again."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"note": (SIAN.note, None), "language": ("cy", None)}))
        assert one(store, SIAN) == SIAN.with_values({"note": None, "language": None})

    def test_edit_fills_an_unknown_field(self, store: Store) -> None:
        """None as the expected value means that nothing is known yet."""
        self.add(store, person(1, None))
        self.write(store, Edit("contact", numbered(1), {"name": (None, "Ann")}))
        assert one(store, person(1)) == person(1, "Ann")

    def test_edit_of_several_paths_at_once(self, store: Store) -> None:
        """One edit may change fields and parts together."""
        self.add(store, SIAN)
        tag = Tag(tag="new")
        edit = {"name": (SIAN.name, "S"), "tags[new]": (None, tag), "deceased": (True, False)}
        self.write(store, Edit("contact", SIAN.id, edit))
        assert one(store, SIAN) == SIAN.with_values({"name": "S", "tags[new]": tag, "deceased": False})

    def test_edit_adds_a_part_beside_the_others(self, store: Store) -> None:
        """A part at a new key joins the list."""
        self.add(store, SIAN)
        new = Email(address="new@example.cymru")
        self.write(store, Edit("contact", SIAN.id, {"emails[new@example.cymru]": (None, new)}))
        assert one(store, SIAN) == SIAN.with_values({"emails[new@example.cymru]": new})

    def test_edit_removes_a_part_and_no_other(self, store: Store) -> None:
        """None as a part's new value takes that part away and keeps its siblings."""
        self.add(store, SIAN)
        gone, kept = SIAN.emails
        self.write(store, Edit("contact", SIAN.id, {f"emails[{gone.key}]": (gone, None)}))
        assert one(store, SIAN).value_at("emails") == (kept,)

    def test_edit_of_a_part_keeps_its_siblings(self, store: Store) -> None:
        """A part is changed in place by its key, the other parts stay."""
        self.add(store, SIAN)
        old = SIAN.emails[1]
        new = old.model_copy(update={"preferred": True})
        self.write(store, Edit("contact", SIAN.id, {f"emails[{old.key}]": (old, new)}))
        assert one(store, SIAN) == SIAN.with_values({f"emails[{old.key}]": new})

    def test_edit_keeps_the_other_lists(self, store: Store) -> None:
        """An edit in one list of parts loses nothing of any other list."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"tags[côr]": (Tag(tag="Côr"), None)}))
        found = one(store, SIAN)
        for name in ("emails", "phones", "addresses", "roles", "relationships", "custom", "external_ids"):
            assert len(found.value_at(name)) == len(SIAN.value_at(name)), name

    def test_parts_keep_their_order(self, store: Store) -> None:
        """Parts come back in the order given, edits in place and new ones last: the first is shown first."""
        emails = [Email(address=f"{name}@x.cymru") for name in "cab"]
        self.add(store, person(1, emails=tuple(emails)))
        changed, new = Email(address="c@x.cymru", preferred=True), Email(address="aa@x.cymru")
        self.write(
            store,
            Edit(
                "contact", numbered(1), {"emails[c@x.cymru]": (emails[0], changed), "emails[aa@x.cymru]": (None, new)}
            ),
        )
        assert one(store, person(1)).value_at("emails") == (changed, *emails[1:], new)

    def test_edit_of_a_whole_list(self, store: Store) -> None:
        """A path without key replaces the whole list."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"tags": (SIAN.tags, (Tag(tag="only"),))}))
        assert one(store, SIAN).value_at("tags") == (Tag(tag="only"),)

    def test_edit_of_a_whole_list_to_nothing(self, store: Store) -> None:
        """A list can be emptied at once."""
        self.add(store, SIAN)
        self.write(store, Edit("contact", SIAN.id, {"emails": (SIAN.emails, ())}))
        assert one(store, SIAN) == SIAN.model_copy(update={"emails": ()})

    def test_part_keys_may_hold_brackets(self, store: Store) -> None:
        """A key is taken whole, whatever signs it holds."""
        self.add(store, person(1))
        odd = Tag(tag="a[b]] 'c'\"%_;--")
        self.write(store, Edit("contact", numbered(1), {f"tags[{odd.key}]": (None, odd)}))
        assert one(store, person(1)).value_at(f"tags[{odd.key}]") == odd
        self.write(store, Edit("contact", numbered(1), {f"tags[{odd.key}]": (odd, None)}))
        assert one(store, person(1)).value_at("tags") == ()

    def test_edit_of_an_owned_record(self, store: Store) -> None:
        """Interactions are edited like contacts."""
        visit = paid(11, SIAN, 500)
        self.add(store, SIAN, visit)
        self.write(store, Edit("interaction", visit.id, {"amount": (500, -500), "day": (DAY, date(2026, 3, 2))}))
        assert one(store, visit) == visit.with_values({"amount": -500, "day": date(2026, 3, 2)})

    def test_edit_moves_a_record_to_another_contact(self, store: Store) -> None:
        """A new owner has the record and the old one has it no more, as a merge needs."""
        ann, bea = person(1), person(2)
        self.add(store, ann, bea, happened(11, ann))
        moved = {"contact": (ann.id, bea.id), "came_as": (None, ann.id)}
        self.write(store, Edit("interaction", numbered(11), moved))
        found = list(store.owned(type(happened(11, ann)), [ann.id, bea.id]))
        assert found == [happened(11, bea, came_as=ann.id)]

    def test_deleted_record_is_gone(self, store: Store) -> None:
        """A deleted record is neither read, scanned, owned nor counted."""
        ann, visit = person(1), happened(11, person(1))
        self.add(store, ann, visit)
        self.write(store, Delete(visit))
        assert store.get(type(visit), [visit.id]) == {}
        assert list(store.scan(type(visit))) == list(store.owned(type(visit), [ann.id])) == []
        assert store.count_of(type(visit)) == 0

    def test_deleting_a_contact_takes_its_parts(self, store: Store) -> None:
        """A contact created again under the id of a deleted one has nothing of it."""
        self.add(store, SIAN)
        self.write(store, Delete(SIAN))
        self.add(store, Contact(id=SIAN.id))
        assert one(store, SIAN) == Contact(id=SIAN.id)

    def test_deleted_record_can_be_created_again(self, store: Store) -> None:
        """What was deleted can come back under its id, as undo needs."""
        self.add(store, SIAN)
        self.write(store, Delete(SIAN))
        self.add(store, SIAN)
        assert one(store, SIAN) == SIAN

    def test_delete_takes_parts_in_any_order(self, store: Store) -> None:
        """A list of parts has no order of its own: the record given may hold it otherwise."""
        self.add(store, SIAN)
        self.write(store, Delete(SIAN.model_copy(update={"emails": SIAN.emails[::-1], "tags": SIAN.tags[::-1]})))
        assert store.count_of(Contact) == 0

    def test_create_then_edit_in_one_batch(self, store: Store) -> None:
        """Changes are read in order: an edit sees what stands before it in its batch."""
        self.write(store, Create(person(1, "Ann")), Edit("contact", numbered(1), {"name": ("Ann", "Bea")}))
        assert one(store, person(1)) == person(1, "Bea")

    def test_two_edits_of_one_record_in_one_batch(self, store: Store) -> None:
        """The second edit expects what the first one wrote."""
        self.add(store, person(1, "Ann"))
        steps = [Edit("contact", numbered(1), {"name": (old, new)}) for old, new in (("Ann", "Bea"), ("Bea", "Cat"))]
        self.write(store, *steps)
        assert one(store, person(1)) == person(1, "Cat")

    def test_create_then_delete_in_one_batch(self, store: Store) -> None:
        """What a batch creates and deletes is not there afterwards."""
        self.write(store, Create(person(1)), Create(person(2)), Delete(person(1)))
        assert [found.id for found in store.scan(Contact)] == [numbered(2)]

    def test_till_line_becomes_somebodys_in_one_batch(self, store: Store) -> None:
        """A till line is deleted and its interaction created with the same source and id, in one batch."""
        line = taken(11, source="till", source_id="1")
        self.add(store, person(1), line)
        visit = happened(12, person(1), "purchase", source="till", source_id="1")
        self.write(store, Delete(line), Create(visit))
        assert store.count_of(Takings) == 0
        assert store.sourced("till", ["1"])["1"].id == visit.id

    def test_an_id_may_serve_two_types(self, store: Store) -> None:
        """A redirect stands under the id of the contact that was merged away."""
        self.add(store, person(1), person(2))
        self.write(store, Delete(person(1)), Create(Redirect(id=numbered(1), to=numbered(2))))
        assert store.get(Contact, [numbered(1)]) == {}
        assert store.get(Redirect, [numbered(1)])[numbered(1)].to == numbered(2)

    def test_zero_and_no_are_not_unknown(self, store: Store) -> None:
        """0 and False are values, kept apart from none."""
        ann = person(1, roles=(Role(role="member", grace_days=0),), custom=(Custom(name="own.n", number=0),))
        free = paid(11, ann, 0, quantity=0, party_size=0, lead_days=0, delivered=0)
        self.add(store, ann, free)
        assert one(store, free) == free
        assert one(store, ann) == ann

    def test_greatest_integers_are_kept(self, store: Store) -> None:
        """Integers up to 2**53 either way come back exact."""
        lines = [paid(11, SIAN, 2**53), paid(12, SIAN, -(2**53)), paid(13, SIAN, 2**53 - 1)]
        self.add(store, SIAN, *lines)
        assert [one(store, line) for line in lines] == lines

    def test_instants_keep_their_milliseconds(self, store: Store) -> None:
        """An instant comes back to the millisecond, in UTC, before 1970 too."""
        zone = timezone(timedelta(hours=-5, minutes=-30))
        times = [
            datetime(2026, 3, 29, 0, 59, 59, 999_000, UTC),
            datetime(1969, 12, 31, 23, 59, 59, 1_000, UTC),
            datetime(1900, 1, 1, 0, 0, 0, 500_000, UTC),
            datetime(2026, 10, 25, 1, 30, 0, 7_000, zone),
        ]
        self.add(store, SIAN, *(happened(11 + place, SIAN, at=at) for place, at in enumerate(times)))
        found = [one(store, happened(11 + place, SIAN)).value_at("at") for place in range(len(times))]
        assert found == times
        assert all(at.utcoffset() == timedelta(0) for at in found)

    def test_far_days_are_kept(self, store: Store) -> None:
        """Days from the year 1 to 9999 come back, leap days among them."""
        days = [date.min, date(1900, 2, 28), date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date.max]
        visits = [happened(11 + place, SIAN, day=day) for place, day in enumerate(days)]
        self.add(store, SIAN, *visits)
        assert [one(store, visit) for visit in visits] == visits

    def test_day_is_kept_apart_from_time(self, store: Store) -> None:
        """The local day is what was given: no store works it out from the instant again (London's summer time)."""
        visit = happened(11, SIAN, day=date(2026, 7, 1), at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
        self.add(store, SIAN, visit)
        assert one(store, visit) == visit
