"""Signing in: who proves to be themselves comes in, everybody else gets one answer, and not often."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from castle import GOOD, Castle

from perthyn.changes import Edit
from perthyn.errors import PerthynError
from perthyn_web.accounts import limits, signing_in, users
from perthyn_web.accounts.passwords import NOBODYS
from perthyn_web.accounts.records import Failures


def refused(code: str, castle: Castle, name: str, password: str, totp: str = "", source: str = "10.0.0.1") -> None:
    with pytest.raises(PerthynError) as caught:
        signing_in.sign_in(castle.crm, name, password, totp, source)
    assert caught.value.code == code


def test_a_name_is_itself_however_it_is_written(castle: Castle) -> None:
    castle.offered()
    user = castle.user("Siân.Llŷr")
    outcome = signing_in.sign_in(castle.crm, "  SIAN.LLYR ", GOOD)
    assert (outcome.user.id, outcome.need) == (user.id, "")


def test_every_wrong_way_is_answered_alike_after_one_hash(castle: Castle, hashes: list[str]) -> None:
    castle.offered()
    mair, carys, elin = castle.user("mair"), castle.user("carys"), castle.user("elin")
    users.disable(castle.crm, carys.id)
    users.reset(castle.crm, elin.id)
    del hashes[:]
    for name, password in [("mair", "x"), ("nobody", GOOD), ("carys", GOOD), ("elin", GOOD), ("mair", "x" * 10_000)]:
        refused("sign_in.wrong", castle, name, password)
    assert hashes == [mair.password, NOBODYS, NOBODYS, NOBODYS, NOBODYS]


def test_the_hash_is_as_strong_as_it_should_be_and_nobodys_costs_the_same(castle: Castle) -> None:
    kept = castle.user().password or ""
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert NOBODYS.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and len(NOBODYS) == len(kept)


def test_an_old_hash_is_made_anew_at_the_next_sign_in(castle: Castle) -> None:
    castle.offered()
    user = castle.user()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    castle.crm.commit([Edit("web.user", user.id, {"password": (user.password, old)})])
    signing_in.sign_in(castle.crm, "mair", GOOD)
    renewed = castle.held(user).password or ""
    assert "m=19456,t=2" in renewed
    signing_in.sign_in(castle.crm, "mair", GOOD)
    assert castle.held(user).password == renewed


def test_ten_failures_and_the_account_waits_wherever_they_came_from(castle: Castle, hashes: list[str]) -> None:
    castle.offered()
    castle.user()
    for number in range(limits.MOST):
        refused("sign_in.wrong", castle, "mair", "x", source=f"10.0.0.{number}")
    looked_at = len(hashes)
    with pytest.raises(PerthynError) as caught:
        signing_in.sign_in(castle.crm, "mair", GOOD, source="10.9.9.9")
    assert (caught.value.code, caught.value.facts) == ("sign_in.wait", {"minutes": 15})
    assert len(hashes) == looked_at
    castle.later(minutes=14, seconds=59)
    refused("sign_in.wait", castle, "mair", GOOD)
    castle.later(seconds=1)
    assert signing_in.sign_in(castle.crm, "mair", GOOD).need == ""


def test_ten_failures_and_the_address_waits_whoever_is_named(castle: Castle) -> None:
    castle.offered()
    castle.user()
    for number in range(limits.MOST):
        refused("sign_in.wrong", castle, f"nobody-{number}", "x", source="2001:db8:1:2::7")
    refused("sign_in.wait", castle, "mair", GOOD, source="2001:db8:1:2:ffff::8")
    assert signing_in.sign_in(castle.crm, "mair", GOOD, source="2001:db8:1:3::7").need == ""


def test_names_that_do_not_exist_wait_like_those_that_do(castle: Castle) -> None:
    for number in range(limits.MOST):
        refused("sign_in.wrong", castle, "nobody", "x", source=f"10.0.0.{number}")
    refused("sign_in.wait", castle, "nobody", "x", source="10.9.9.9")


def test_whoever_comes_in_begins_to_count_anew(castle: Castle) -> None:
    castle.offered()
    castle.user()
    for _ in range(3):
        for _ in range(5):
            refused("sign_in.wrong", castle, "mair", "x", source="10.0.0.1")
        signing_in.sign_in(castle.crm, "mair", GOOD, source="10.0.0.2")
        castle.later(minutes=20)


def test_what_counts_no_more_is_swept_away(castle: Castle) -> None:
    castle.offered()
    castle.user()
    refused("sign_in.wrong", castle, "nobody", "x")
    castle.later(minutes=20)
    signing_in.sign_in(castle.crm, "mair", GOOD)
    assert list(castle.store.scan(Failures)) == []


# -- the second step -------------------------------------------------------------------------------------------------


def test_whoever_sees_people_sets_a_second_step_up_before_they_are_in(castle: Castle) -> None:
    user = castle.user()
    outcome = signing_in.sign_in(castle.crm, "mair", GOOD)
    assert outcome.need == "set_up"
    again = signing_in.asked_at(castle.crm, outcome.step)
    assert again == outcome and signing_in.told_to_app(castle.crm, again.user) == castle.app(user).secret
    with pytest.raises(PerthynError) as caught:
        signing_in.second_step(castle.crm, outcome.step, "000000")
    assert caught.value.code == "sign_in.code"
    done = signing_in.second_step(castle.crm, outcome.step, castle.code(user))
    assert (done.need, done.user.id) == ("", user.id)
    castle.later(seconds=30)
    assert signing_in.sign_in(castle.crm, "mair", GOOD).need == "code"


@pytest.mark.parametrize(
    ("policy", "needs"), [("required", ["administrator", "volunteer"]), ("administrators", ["administrator"]),
                          ("offered", [])],
)  # fmt: skip
def test_who_must_have_a_second_step_is_the_organisations_to_say(
    castle: Castle, policy: signing_in.Policy, needs: list[str]
) -> None:
    signing_in.set_policy(castle.crm, policy)
    for role in ("administrator", "volunteer"):
        castle.user(role, role)
        need = signing_in.sign_in(castle.crm, role, GOOD).need
        assert need == ("set_up" if role in needs else "")


def test_a_paired_tablet_asks_nobody_to_set_one_up_but_heeds_one(castle: Castle) -> None:
    castle.user("elin")
    assert signing_in.sign_in(castle.crm, "elin", GOOD, paired=True).need == ""
    castle.with_second_step("mair")
    assert signing_in.sign_in(castle.crm, "mair", GOOD, paired=True).need == "code"


def test_a_code_is_good_once(castle: Castle) -> None:
    user, _ = castle.with_second_step()
    code = castle.code(user)
    assert signing_in.sign_in(castle.crm, "mair", GOOD, code).need == ""
    refused("sign_in.code", castle, "mair", GOOD, code)
    refused("sign_in.code", castle, "mair", GOOD, castle.code(user, seconds=30))
    castle.later(seconds=30)
    assert signing_in.sign_in(castle.crm, "mair", GOOD, castle.code(user)).need == ""


def test_a_code_of_a_minute_ago_is_none(castle: Castle) -> None:
    user, _ = castle.with_second_step()
    castle.later(minutes=5)
    refused("sign_in.code", castle, "mair", GOOD, castle.code(user, seconds=61))
    assert signing_in.sign_in(castle.crm, "mair", GOOD, castle.code(user, seconds=30)).need == ""


def test_a_recovery_code_is_good_once(castle: Castle) -> None:
    _, codes = castle.with_second_step()
    assert signing_in.sign_in(castle.crm, "mair", GOOD, codes[3].upper().replace("-", " ")).need == ""
    refused("sign_in.code", castle, "mair", GOOD, codes[3])
    assert signing_in.sign_in(castle.crm, "mair", GOOD, codes[4]).need == ""


def test_wrong_codes_are_counted_and_a_right_password_forgives_none(castle: Castle) -> None:
    user, _ = castle.with_second_step()
    for number in range(limits.MOST):
        step = signing_in.sign_in(castle.crm, "mair", GOOD, source="10.0.0.1").step
        with pytest.raises(PerthynError) as caught:
            signing_in.second_step(castle.crm, step, "123456", f"10.0.1.{number}")
        assert caught.value.code == "sign_in.code"
    refused("sign_in.wait", castle, "mair", GOOD, castle.code(user))


def test_between_the_steps_there_are_ten_minutes_and_one_way(castle: Castle) -> None:
    user, _ = castle.with_second_step()
    step = signing_in.sign_in(castle.crm, "mair", GOOD).step
    assert signing_in.second_step(castle.crm, step, castle.code(user)).need == ""
    late = signing_in.sign_in(castle.crm, "mair", GOOD).step
    castle.later(minutes=10)
    for one in (step, late, "", "0" * 64):
        with pytest.raises(PerthynError) as caught:
            signing_in.second_step(castle.crm, one, castle.code(user))
        assert caught.value.code == "invitation.wrong"


def test_the_records_alone_make_no_code_and_show_no_secret(castle: Castle) -> None:
    user, codes = castle.with_second_step()
    secret, held = castle.app(user).secret, castle.held(user).canonical().decode()
    key = (castle.folder / "perthyn.secrets").read_text(encoding="utf-8").split('"')[1]
    for one in (secret, key, GOOD, *codes):
        assert one not in held
