"""At the desk: lists by page, changes of many, a visit noted once, a form against what was seen, relationships."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from perthyn.crm.rewriting import differing
from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn.model import Address, Email, Interaction, Membership, Phone, Role, Tag
from perthyn.rules import parse
from perthyn.rules.data import Group

Office = Any  # the class stands in conftest.py
EVERYBODY = Group()


def crowd(office: Office, count: int = 23) -> list[Any]:
    names = ("Llŷr", "Lloyd", "Lowri", "Ann", "Zoë", "Ŵan")
    return [office.person(f"{names[i % 6]} {i}", given=names[i % 6], family=f"{i % 4}") for i in range(count)]


@pytest.mark.parametrize("order", ["-added", "added", "name", "-name"])
def test_pages_forth_and_back_meet_everybody_once(office: Office, order: str) -> None:
    people = crowd(office)
    pages, after = [], None
    while True:
        page = office.crm.listed(EVERYBODY, order, after=after, limit=5)
        pages.append(page)
        if not page.later:
            break
        after = page.contacts[-1].id
    met = [one.id for page in pages for one in page.contacts]
    assert sorted(met) == sorted(one.id for one in people) and {page.count for page in pages} == {23}
    assert [page.place for page in pages] == [1, 6, 11, 16, 21] and not pages[0].earlier
    back = office.crm.listed(EVERYBODY, order, before=pages[2].contacts[0].id, limit=5)
    assert back.contacts == pages[1].contacts


def test_a_list_goes_on_where_somebody_is_gone(office: Office) -> None:
    people = crowd(office, 9)
    office.crm.erase(people[4].id)
    page = office.crm.listed(EVERYBODY, "added", after=people[4].id, limit=2)
    assert [one.id for one in page.contacts] == [people[5].id, people[6].id]
    page = office.crm.listed(EVERYBODY, "-added", after=people[4].id, limit=2)
    assert [one.id for one in page.contacts] == [people[3].id, people[2].id]


def test_names_stand_in_the_welsh_order(office: Office) -> None:
    for family in ("Lloyd", "Lowri", "Lewis"):
        office.person(family, family=family)
    page = office.crm.listed(EVERYBODY, "name")
    assert [one.family for one in page.contacts] == ["Lewis", "Lowri", "Lloyd"]


def test_a_search_within_a_list(office: Office) -> None:
    office.person("Mair Jones", tags=(Tag(tag="friend"),))
    office.person("Mair Jones")
    rule = parse("tag is friend", office.crm.schema())
    assert [one.tags[0].tag for one in office.crm.found_in("mair jonse", rule)] == ["friend"]


def test_a_rule_that_asks_what_one_may_not_see_lists_nobody(office: Office) -> None:
    crowd(office, 2)
    rule = parse("donations at least 1 in last 24 months", office.crm.schema())
    with pytest.raises(Forbidden):
        office.desk("contact.read").listed(rule)


@pytest.mark.parametrize(
    ("doing", "value"), [("tag", "Friend"), ("untag", "old"), ("language", "cy"), ("role", "press")]
)
def test_many_are_changed_as_one_and_taken_back_as_one(office: Office, doing: str, value: str) -> None:
    people = [office.person(f"P {i}", tags=(Tag(tag="old"),)) for i in range(12)]
    before = office.everything()
    ids = [one.id for one in people]
    plan = office.crm.bulk_plan(ids, doing, value)
    assert (plan.count, plan.of, len(plan.sample)) == (12, 12, 5) and office.everything() == before
    receipt = office.crm.bulk(ids, doing, value)
    assert receipt.edited == 12
    assert office.crm.bulk_plan(ids, doing, value).count == 0
    with pytest.raises(PerthynError, match=r"bulk\.nothing"):
        office.crm.bulk(ids, doing, value)
    office.crm.undo(office.crm.batch(receipt.batch.hex))
    assert [office.held(one) for one in people] == people


def test_many_into_a_hand_picked_segment_only(office: Office) -> None:
    people = crowd(office, 3)
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand")
    rule, _ = office.crm.add_segment("All", None, "person")
    ids = [one.id for one in people]
    assert office.crm.bulk(ids[:2], "segment", str(hand.id)).created == 2
    assert office.crm.bulk_plan(ids, "segment", str(hand.id)).count == 1
    assert {one.contact for one in office.store.scan(Membership)} == set(ids[:2])
    with pytest.raises(PerthynError, match=r"bulk\.segment"):
        office.crm.bulk(ids, "segment", str(rule.id))
    with pytest.raises(Unknown, match=r"bulk\.doing"):
        office.crm.bulk(ids, "erase", "x")
    for doing in ("tag", "untag"):
        with pytest.raises(PerthynError, match=r"record\.value"):
            office.crm.bulk_plan(ids, doing, "bell\x07")


def test_a_tap_is_one_visit_however_often_it_is_sent(office: Office) -> None:
    sian = office.person()
    first, receipt = office.crm.came(sian.id, "tap-1-of-sian")
    assert receipt is not None and first.kind == "visit" and first.day == office.crm.today()
    assert office.crm.came(sian.id, "tap-1-of-sian") == (first, None)
    office.later(seconds=30)
    assert office.crm.came(sian.id, "tap-2-of-sian") == (first, None), "twice within a minute"
    office.later(minutes=5)
    assert office.crm.came(sian.id, "tap-1-of-sian") == (first, None), "kept by a tablet and sent again"
    again, receipt = office.crm.came(sian.id, "tap-3-of-sian", party=4)
    assert receipt is not None and again.party_size == 4
    assert office.store.count_of(Interaction) == 2


def test_a_tap_kept_without_network_stands_on_its_own_day(office: Office) -> None:
    sian, yesterday = office.person(), office.now - timedelta(days=1)
    made, _ = office.crm.came(sian.id, "kept-on-the-tablet", at=yesterday)
    assert made.at == yesterday and made.day == office.crm.today() - timedelta(days=1)
    for at in (office.now + timedelta(hours=1), office.now - timedelta(days=60)):
        with pytest.raises(PerthynError, match=r"desk\.time"):
            office.crm.came(sian.id, "another-tap", at=at)
    with pytest.raises(PerthynError, match=r"desk\.key"):
        office.crm.came(sian.id, "")


def test_a_visit_taken_back_can_be_tapped_again(office: Office) -> None:
    sian = office.person()
    desk = office.desk("contact.read", "interaction.write", "history.undo_own", "note.read", seed=2)
    _, receipt = desk.came(sian.id, "tap-1-of-sian")
    desk.undo(desk.batch(receipt.batch.hex))
    assert office.store.count_of(Interaction) == 0
    assert desk.came(sian.id, "tap-2-of-sian")[1] is not None


def test_a_form_writes_only_what_it_changes(office: Office) -> None:
    saw = office.person(email=("a@x.cymru", "b@x.cymru"), title="Ms")
    office.crm.edit_contact(saw.id, {"salutation": "Annwyl Siân"})
    wanted = saw.model_copy(
        update={"emails": (Email(address="b@x.cymru", preferred=True),), "title": None,
                "phones": (Phone.of("01654 700000"),), "addresses": (Address(town="Tywyn"),),
                "roles": (Role(role="press"),)}
    )  # fmt: skip
    after, receipt = office.crm.rewrite(saw, wanted)
    assert receipt is not None and after == office.held(saw)
    assert after.salutation == "Annwyl Siân" and after.title is None
    assert [(one.address, one.preferred) for one in after.emails] == [("b@x.cymru", True)]
    assert not differing(after, after) and office.crm.rewrite(after, after)[1] is None
    office.crm.undo(office.crm.batch(receipt.batch.hex))
    assert differing(saw, office.held(saw)).keys() == {"salutation"}


def test_two_who_edit_at_once_lose_nothing(office: Office) -> None:
    saw = office.person(title="Ms")
    wanted = saw.model_copy(update={"title": "Dr", "given": "Siân"})
    other = office.desk("contact.read", "contact.write", seed=2)
    other.rewrite(saw, saw.model_copy(update={"title": "Prof"}))
    [clash] = office.crm.clashes(saw, wanted)
    assert (clash.path, clash.mine, clash.theirs, clash.by, clash.at) == ("title", "Dr", "Prof", "gwen", office.now)
    with pytest.raises(Conflict):
        office.crm.rewrite(saw, wanted)
    assert office.held(saw).given is None
    seen = office.held(saw)
    after, _ = office.crm.rewrite(seen, seen.with_values({"given": "Siân"}))
    assert (after.title, after.given) == ("Prof", "Siân")


def test_the_same_change_by_two_is_no_conflict(office: Office) -> None:
    saw = office.person(title="Ms")
    wanted = saw.model_copy(update={"title": "Dr"})
    assert office.crm.rewrite(saw, wanted)[1] is not None
    assert office.crm.clashes(saw, wanted) == [] and office.crm.rewrite(saw, wanted)[1] is None


def test_nobody_writes_what_they_may_not_see(office: Office) -> None:
    saw = office.person(note="secret")
    with pytest.raises(Forbidden):
        office.desk("contact.read", "contact.write").rewrite(saw, saw.model_copy(update={"note": None}))


def test_a_relationship_stands_on_both_sides(office: Office) -> None:
    parent, child = office.person("Nia"), office.person("Huw")
    office.crm.relate(parent.id, child.id, "child")
    assert [(one.kind, one.other) for one in office.held(parent).relationships] == [("child", child.id)]
    assert [(one.kind, one.other) for one in office.held(child).relationships] == [("parent", parent.id)]
    with pytest.raises(PerthynError, match=r"relationship\.there"):
        office.crm.relate(parent.id, child.id, "child")
    office.crm.part(child.id, f"parent:{parent.id}")
    assert all(one.end == office.crm.today() for each in (parent, child) for one in office.held(each).relationships)
    with pytest.raises(Unknown):
        office.crm.part(child.id, f"parent:{parent.id}")
    with pytest.raises(PerthynError, match=r"relationship\.self"):
        office.crm.relate(parent.id, parent.id, "partner")


def test_two_entries_are_suspected_once(office: Office) -> None:
    one, other = office.person("D. Jones"), office.person("Dafydd Jones")
    problem = office.crm.suspect(one.id, other.id)
    assert office.crm.suspect(other.id, one.id).id == problem.id
    [pair] = office.crm.pairs()
    office.crm.join(pair)
    assert office.crm.pairs() == [] and office.store.resolve(other.id) == one.id


def test_ids_keep_their_order(office: Office) -> None:
    crowd(office, 7)
    ids = office.crm.all_ids(EVERYBODY)
    assert all(one < other for one, other in pairwise(ids))
