"""Signing in: a name and a password, then the second step where there is one; the same answer to whoever is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from perthyn.changes import Change, Delete
from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn_web.accounts import invitations, limits, passwords, sessions, totp, watching
from perthyn_web.accounts.noting import changed, keep, note, speaking_as
from perthyn_web.accounts.records import User, user_id
from perthyn_web.accounts.rights import rights_of

SECOND_STEP = "web.second_step"
"""The setting that says who must have a second step: required (whoever sees people), administrators, offered."""
Policy = Literal["required", "administrators", "offered"]
POLICIES: tuple[Policy, ...] = ("required", "administrators", "offered")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far somebody came. `need`: "" signed in; else what is still asked: *code*, or *set_up* of a second step.

    `step`: what `second_step` is to be handed then.
    """

    user: User
    need: Literal["", "code", "set_up"] = ""
    step: str = field(default="", repr=False)


def sign_in(crm: Crm, name: str, password: str, code: str = "", source: str = "", *, paired: bool = False) -> Outcome:
    """Let somebody in by name and password, and `code` where it is given at once.

    `source`: the address that asks. `paired`: from a tablet that stays at the desk, where nobody must have a second
    step. Raises `PerthynError`: ``sign_in.wrong``, which does not say what was wrong; ``sign_in.wait``.
    """
    id = user_id(name)
    tried = limits.begin(crm, limits.account(str(id)), limits.source(source))
    user = crm.store.get(User, [id]).get(id)
    enabled = user if user is not None and user.disabled is None else None
    if not passwords.verified(enabled.password if enabled else None, password) or enabled is None:
        raise _wrong(crm, user, "password")
    user = _rehashed(crm, enabled, password)
    if user.totp and code:
        user = _coded(crm, user, code)
    elif user.totp or (not paired and must_have_second(crm, user.role)):
        limits.was_right(crm, tried)
        return _asked(crm, user)
    return _in(crm, user, tried)


def at_this_machine(crm: Crm, token: str, device: str = "", source: str = "") -> str:
    """Sign whoever sits at this machine in by its link; answers what the cookie holds.

    Raises `PerthynError`: ``invitation.wrong``, ``sign_in.wait``.
    """
    invitation, _ = invitations.opened(crm, token, source, "machine")
    try:
        keep(crm, [invitations.used(crm, invitation)], "web.invitation")
    except (Conflict, Unknown):
        raise PerthynError("invitation.wrong") from None
    return sessions.begin(crm, None, "machine", device)


def admitted(crm: Crm, user: User) -> Outcome:
    """How far somebody comes who has proved to be themselves by a link: to the second step, or in."""
    return _asked(crm, user) if user.totp or must_have_second(crm, user.role) else Outcome(user)


def second_step(crm: Crm, step: str, code: str, source: str = "") -> Outcome:
    """Let somebody in who was asked for a code, or who has just set the second step up.

    Raises `PerthynError`: ``invitation.wrong`` where it took too long, ``sign_in.code``, ``sign_in.wait``.
    """
    invitation, user = invitations.opened(crm, step, source, "code", "set_up")
    if user is None:
        raise PerthynError("invitation.wrong")
    tried = limits.begin(crm, limits.account(str(user.id)), limits.source(source))
    done = [invitations.used(crm, invitation)]
    if invitation.purpose == "code":
        return _in(crm, _coded(crm, user, code, done), tried)
    return _in(crm, confirmed(crm, user, code, done), tried)


def asked_at(crm: Crm, step: str, source: str = "") -> Outcome:
    """How far somebody had come who did not get on at a step. Raises `PerthynError` (``invitation.wrong``)."""
    invitation, user = invitations.opened(crm, step, source, "code", "set_up")
    if user is None:
        raise PerthynError("invitation.wrong")
    return Outcome(user, "code" if invitation.purpose == "code" else "set_up", step)


def told_to_app(crm: Crm, user: User) -> str:
    """What the app of somebody who sets up a second step is told: `totp.address` makes a QR code's text of it."""
    return totp.secret(totp.key_of(crm), user, user.totp_next or "")


# -- the second step -------------------------------------------------------------------------------------------------


def policy(crm: Crm) -> Policy:
    """Who must have a second step; whoever sees people, unless the organisation has decided otherwise."""
    held = crm.remembered(SECOND_STEP)
    return held if held in POLICIES else "required"


def set_policy(crm: Crm, wanted: Policy) -> None:
    """Decide who must have a second step. It is asked for at the next sign-in."""
    crm.check("user.write")
    change = crm.remember(SECOND_STEP, wanted)
    if change is not None:
        keep(crm, [change], SECOND_STEP)
        note(crm, "second_step.policy", kind=wanted)


def must_have_second(crm: Crm, role: str) -> bool:
    """Whether a role asks for a second step; in a training copy, whose people are invented, none does."""
    if crm.settings.training:
        return False
    rights = rights_of(crm, role)
    match policy(crm):
        case "required":
            return bool(rights & {"*", "contact.read"})
        case "administrators":
            return bool(rights & {"*", "user.write"})
    return False


def set_up_begun(crm: Crm, user: User) -> User:
    """The user with a second step that waits to be confirmed; the same one, however often it is begun."""
    if user.totp_next is not None:
        return user
    change = changed(user, totp_next=crm.random(16).hex())
    keep(crm, [change], SECOND_STEP)
    return user.with_values({"totp_next": change.values["totp_next"][1]})


def confirmed(crm: Crm, user: User, code: str, done: Iterable[Change] = ()) -> User:
    """The user, whose second step counts from now on; earlier sign-ins have ended.

    Raises `PerthynError` (``sign_in.code``).
    """
    told = totp.secret(totp.key_of(crm), user, user.totp_next or "")
    step = totp.step_of(told, code, crm.clock().timestamp(), 0) if user.totp_next else None
    if step is None:
        raise _wrong(crm, user, "code")
    new = {"totp": user.totp_next, "totp_next": None, "totp_step": step, "recovery": None, "epoch": user.epoch + 1}
    now = _written(crm, user, done, **new)
    note(speaking_as(crm, user.name), "second_step.set_up", who=user.id)
    return now


def proved(crm: Crm, user: User, code: str, source: str = "") -> User:
    """The user, signed in already, who has proved the second step once more. Counted like any try."""
    tried = limits.begin(crm, limits.account(str(user.id)), limits.source(source))
    now = _coded(crm, user, code)
    limits.was_right(crm, tried)
    return now


def _asked(crm: Crm, user: User) -> Outcome:
    if not user.totp:
        user = set_up_begun(crm, user)
    need: Literal["code", "set_up"] = "code" if user.totp else "set_up"
    return Outcome(user, need, invitations.issued(crm, need, user))


def _coded(crm: Crm, user: User, code: str, done: Iterable[Change] = ()) -> User:
    """The user with that code, or that recovery code, used up."""
    told = totp.secret(totp.key_of(crm), user, user.totp or "")
    step = totp.step_of(told, code, crm.clock().timestamp(), user.totp_step)
    if step is not None:
        return _written(crm, user, done, totp_step=step)
    left = totp.without_code(user, code)
    if left is None:
        raise _wrong(crm, user, "code")
    note(speaking_as(crm, user.name), "second_step.recovery", who=user.id)
    return _written(crm, user, done, recovery=left)


def _written(crm: Crm, user: User, done: Iterable[Change], **values: Any) -> User:
    """The user with these values; a code that was used at the same moment elsewhere is refused."""
    try:
        keep(crm, [changed(user, **values), *done], SECOND_STEP)
    except (Conflict, Unknown):
        raise _wrong(crm, user, "code") from None
    return user.with_values(values)


# -- in --------------------------------------------------------------------------------------------------------------


def _in(crm: Crm, user: User, tried: limits.Try) -> Outcome:
    limits.was_right(crm, tried, limits.account(str(user.id)))
    let_in(crm, user)
    return Outcome(user)


def let_in(crm: Crm, user: User) -> None:
    """Note that somebody has proved who they are."""
    note(speaking_as(crm, user.name), "sign_in", who=user.id)
    sweep(crm)


def _rehashed(crm: Crm, user: User, password: str) -> User:
    if user.password is None or not passwords.outdated(user.password):
        return user
    change = changed(user, password=passwords.hashed(password, crm.random))
    with suppress(Conflict, Unknown):
        keep(crm, [change], "web.user")
        return user.with_values({"password": change.values["password"][1]})
    return crm.store.get(User, [user.id])[user.id]


def _wrong(crm: Crm, user: User | None, what: Literal["password", "code"]) -> PerthynError:
    """The refusal. What was typed is told to nobody: it may be a password in the wrong place."""
    note(crm, "sign_in.failed", who=user.id if user else None, wrong=what)
    return PerthynError("sign_in.wrong" if what == "password" else "sign_in.code")


def sweep(crm: Crm) -> None:
    """Let go of sessions, links and failures that count no more."""
    gone: list[Change] = [
        Delete(one) for one in (*sessions.dead(crm), *invitations.dead(crm), *limits.old(crm), *watching.old(crm))
    ]
    with suppress(Conflict, Unknown, Stale):  # somebody else is sweeping
        if gone:
            keep(crm, gone, "web.sweep")
