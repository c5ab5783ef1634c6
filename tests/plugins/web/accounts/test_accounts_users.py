"""Users, roles and links: who may change whom, that somebody can always let others in, that a link works once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from castle import GOOD, Castle

from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn_web.accounts import invitations, limits, rights, sessions, signing_in, tokens, users
from perthyn_web.accounts.records import Purpose, User

ROLE = frozenset({"contact.read", "donation.read"})


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(PerthynError) as caught:
        call()
    return caught.value.code


def test_a_new_user_chooses_a_password_by_a_link_that_works_once(castle: Castle) -> None:
    made, token = users.make(castle.crm, "mair@castell.example", "Mair Jones", "fundraiser", "cy")
    assert users.invited(castle.crm, token).id == made.id
    chosen = users.choose(castle.crm, token, GOOD)
    assert (chosen.name, chosen.role, chosen.language) == ("Mair Jones", "fundraiser", "cy")
    assert code_of(lambda: users.choose(castle.crm, token, GOOD)) == "invitation.wrong"
    assert code_of(lambda: users.make(castle.crm, "MAIR@castell.example", "", "fundraiser")) == "user.there"
    assert code_of(lambda: users.make(castle.crm, "elin", "", "queen")) == "role.unknown"


def test_a_refused_password_leaves_the_link_working(castle: Castle) -> None:
    _, token = users.make(castle.crm, "mair", "", "volunteer")
    assert code_of(lambda: users.choose(castle.crm, token, "password1234")) == "password.common"
    users.choose(castle.crm, token, GOOD)


@pytest.mark.parametrize(("purpose", "lasts"), invitations.LASTS.items())
def test_a_link_works_for_its_while_and_for_its_thing(castle: Castle, purpose: Purpose, lasts: timedelta) -> None:
    user = castle.user()
    token = invitations.issued(castle.crm, purpose, user)
    others = [one for one in invitations.LASTS if one != purpose]
    assert code_of(lambda: invitations.opened(castle.crm, token, "", *others)) == "invitation.wrong"
    castle.now += lasts - timedelta(milliseconds=1)
    assert invitations.opened(castle.crm, token, "", purpose)[1] == user
    castle.now += timedelta(milliseconds=1)
    assert code_of(lambda: invitations.opened(castle.crm, token, "", purpose)) == "invitation.wrong"


def test_a_link_ends_with_a_newer_one_and_with_disabling(castle: Castle) -> None:
    user = castle.user()
    old, new = (users.reset(castle.crm, user.id) for _ in range(2))
    assert code_of(lambda: users.choose(castle.crm, old, GOOD)) == "invitation.wrong"
    users.disable(castle.crm, user.id)
    assert code_of(lambda: users.choose(castle.crm, new, GOOD)) == "invitation.wrong"


def test_wrong_links_are_counted_by_the_address(castle: Castle) -> None:
    _, token = users.make(castle.crm, "mair", "", "volunteer")
    for number in range(limits.MOST):
        assert code_of(lambda one=f"{number}": users.invited(castle.crm, one, "10.0.0.1")) == "invitation.wrong"
    assert code_of(lambda: users.invited(castle.crm, "0", "10.0.0.1")) == "sign_in.wait"
    assert users.invited(castle.crm, token, "10.0.0.2")


def test_the_first_administrator_makes_themselves_and_nobody_after(castle: Castle) -> None:
    assert users.nobody_yet(castle.crm)
    token, another = users.first(castle.crm), users.first(castle.crm)
    made = users.come_first(castle.crm, token, "gwen", "Gwen", GOOD, "cy")
    assert made.role == "administrator" and not users.nobody_yet(castle.crm)
    assert code_of(lambda: users.come_first(castle.crm, token, "eve", "Eve", GOOD)) == "invitation.wrong"
    assert code_of(lambda: users.come_first(castle.crm, another, "eve", "Eve", GOOD)) == "user.first"
    assert code_of(lambda: users.first(castle.crm)) == "user.first"
    assert [one.sign_in for one in users.users(castle.crm)] == ["gwen"]


def test_the_last_administrator_stays(castle: Castle) -> None:
    gwen, mair = castle.user("gwen", "administrator"), castle.user("mair", "administrator")
    users.disable(castle.crm, mair.id)
    for call in (lambda: users.disable(castle.crm, gwen.id), lambda: users.edit(castle.crm, gwen.id, role="manager")):
        assert code_of(call) == "user.last"
    users.enable(castle.crm, mair.id)
    assert users.edit(castle.crm, gwen.id, role="manager").role == "manager"


def test_a_new_name_keeps_the_sign_ins_and_a_wrong_one_is_refused(castle: Castle) -> None:
    user = castle.user()
    cookie = sessions.begin(castle.crm, user, "browser")
    now = users.edit(castle.crm, user.id, name="Mair ap Gwilym", language="en")
    assert (now.name, now.language, now.role) == ("Mair ap Gwilym", "en", "volunteer")
    person = sessions.by_cookie(castle.crm, cookie)
    assert person is not None and (person.name, person.language) == ("Mair ap Gwilym", "en")
    assert users.edit(castle.crm, user.id, language="").language is None
    assert code_of(lambda: users.edit(castle.crm, user.id, name="x" * 501)) == "record.long"


def test_without_the_right_nothing_is_seen_or_done(castle: Castle) -> None:
    user = castle.user()
    token, _ = tokens.new_token(castle.crm, "website")
    crm = castle.desk(castle.store, "contact.read", "contact.write")
    before = castle.store.position()
    calls: list[Callable[[], Any]] = [
        lambda: users.users(crm), lambda: users.user(crm, user.id), lambda: users.named(crm, "mair"),
        lambda: users.make(crm, "eve", "", "volunteer"), lambda: users.edit(crm, user.id, name="Eve"),
        lambda: users.disable(crm, user.id), lambda: users.enable(crm, user.id), lambda: users.reset(crm, user.id),
        lambda: users.first(crm), lambda: invitations.for_this_machine(crm),
        lambda: rights.own_roles(crm), lambda: rights.set_role(crm, "x", "x", ROLE),
        lambda: rights.remove_role(crm, "x"), lambda: signing_in.set_policy(crm, "offered"),
        lambda: tokens.tokens(crm), lambda: tokens.new_token(crm, "x"), lambda: tokens.end_token(crm, token.id),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(Forbidden):
            call()
    assert castle.store.position() == before


def test_nobody_gives_or_takes_what_they_have_not(castle: Castle) -> None:
    gwen, mair = castle.user("gwen", "administrator"), castle.user("mair", "volunteer")
    crm = castle.desk(castle.store, "user.read", "user.write", *rights.rights_of(castle.crm, "volunteer"))
    assert users.edit(crm, mair.id, name="Mair J").name == "Mair J"
    for call in (
        lambda: users.make(crm, "eve", "", "administrator"),
        lambda: users.edit(crm, mair.id, role="manager"),
        lambda: users.reset(crm, gwen.id),
        lambda: users.disable(crm, gwen.id),
        lambda: rights.set_role(crm, "Trysorydd", "Trysorydd", frozenset({"money.read"})),
        lambda: tokens.new_token(crm, "x", frozenset({"money.read"})),
    ):
        with pytest.raises(Forbidden):
            call()


def test_an_own_role_counts_from_the_next_request_on(castle: Castle) -> None:
    rights.set_role(castle.crm, "Treasurer", "Trysorydd", ROLE)
    user = castle.user("elin", "treasurer")
    assert user.role == "Treasurer"
    cookie = sessions.begin(castle.crm, user, "browser")
    rights.set_role(castle.crm, "TREASURER", "Trysorydd", frozenset({"contact.read"}))
    person = sessions.by_cookie(castle.crm, cookie)
    assert person is not None and person.rights == {"contact.read"}
    assert code_of(lambda: rights.remove_role(castle.crm, "Treasurer")) == "role.used"
    users.edit(castle.crm, user.id, role="volunteer")
    rights.remove_role(castle.crm, "treasurer")
    assert rights.own_roles(castle.crm) == []


def test_an_own_role_takes_nobodys_name_and_no_right_that_there_is_not(castle: Castle) -> None:
    assert code_of(lambda: rights.set_role(castle.crm, "Administrator", "x", ROLE)) == "role.ours"
    assert code_of(lambda: rights.set_role(castle.crm, "Front of house", "x", ROLE)) == "role.ours"
    for wrong in ("*", "contact.fly"):
        assert code_of(lambda one=wrong: rights.set_role(castle.crm, "x", "x", frozenset({one}))) == "role.rights"


def test_a_role_that_is_gone_opens_nothing(castle: Castle) -> None:
    castle.offered()
    rights.set_role(castle.crm, "Treasurer", "Trysorydd", ROLE)
    user = castle.user("elin", "Treasurer")
    cookie = sessions.begin(castle.crm, user, "browser")
    castle.crm.commit([_without_role(castle)])
    person = sessions.by_cookie(castle.crm, cookie)
    assert person is not None and person.rights == frozenset()


def _without_role(castle: Castle) -> Any:
    from perthyn.changes import Delete

    return Delete(rights.own_roles(castle.crm)[0])


# -- by themselves ---------------------------------------------------------------------------------------------------


def person(castle: Castle, user: User) -> Any:
    return sessions.by_cookie(castle.crm, sessions.begin(castle.crm, castle.held(user), "browser"))


def test_a_password_is_changed_by_whoever_knows_it(castle: Castle) -> None:
    castle.offered()
    user = castle.user()
    who = person(castle, user)
    assert code_of(lambda: users.change_password(castle.crm, who, "x", "pedwar llew a draig")) == "sign_in.wrong"
    assert code_of(lambda: users.change_password(castle.crm, who, GOOD, "llew")) == "password.short"
    users.change_password(castle.crm, who, GOOD, "pedwar llew a draig")
    assert code_of(lambda: signing_in.sign_in(castle.crm, "mair", GOOD)) == "sign_in.wrong"
    assert signing_in.sign_in(castle.crm, "mair", "pedwar llew a draig").need == ""


def test_guessing_the_old_password_is_counted(castle: Castle) -> None:
    who = person(castle, castle.user())
    for _ in range(limits.MOST):
        assert code_of(lambda: users.change_password(castle.crm, who, "x", GOOD)) == "sign_in.wrong"
    assert code_of(lambda: users.change_password(castle.crm, who, GOOD, "pedwar llew a draig")) == "sign_in.wait"
    assert code_of(lambda: signing_in.sign_in(castle.crm, "mair", GOOD)) == "sign_in.wait"


def test_a_second_step_is_taken_away_with_a_code_where_nobody_must_have_one(castle: Castle) -> None:
    user, codes = castle.with_second_step()
    who = person(castle, user)
    assert code_of(lambda: users.remove_second_step(castle.crm, who, castle.code(user))) == "second_step.needed"
    castle.offered()
    assert code_of(lambda: users.remove_second_step(castle.crm, who, "123456")) == "sign_in.code"
    assert users.remove_second_step(castle.crm, who, codes[0]).totp is None
    assert signing_in.sign_in(castle.crm, "mair", GOOD).need == ""


def test_a_lost_phone_is_put_right_by_an_administrator(castle: Castle) -> None:
    user, _ = castle.with_second_step()
    chosen = users.choose(castle.crm, users.reset(castle.crm, user.id), GOOD)
    assert signing_in.admitted(castle.crm, chosen).need == "code"
    chosen = users.choose(castle.crm, users.reset(castle.crm, user.id, second_step=True), GOOD)
    assert signing_in.admitted(castle.crm, chosen).need == "set_up"


def test_who_is_not_there_is_unknown(castle: Castle) -> None:
    castle.user("mair")
    with pytest.raises(Unknown) as caught:
        users.named(castle.crm, "mai")
    assert caught.value.facts["suggestion"] == "mair"
    with pytest.raises(Unknown):
        users.edit(castle.crm, castle.crm.ids(), name="x")
    with pytest.raises(Conflict):
        users.make(castle.crm, "mair", "", "volunteer")
