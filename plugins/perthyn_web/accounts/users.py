"""Users: who may come in, made, changed and disabled; how they choose a password and mind their second step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal
from uuid import UUID

from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.crm.roles import ROLE_TITLES
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.screens import Person
from perthyn.text import Translator, fold, nearest
from perthyn_web.accounts import invitations, limits, passwords, signing_in, totp, watching
from perthyn_web.accounts.noting import changed, keep, note, speaking_as
from perthyn_web.accounts.records import Linked, Role, Token, User, role_id, user_id
from perthyn_web.accounts.rights import check_within, known_role, rights_of

ADMINISTRATOR = "administrator"
ATTEMPTS = 20
"""How often a change of an administrator is worked out anew because others write at the same moment."""
Language = Literal["cy", "en", ""]


# -- by whoever minds who may come in --------------------------------------------------------------------------------


def users(crm: Crm) -> list[User]:
    """All users by name, the disabled ones last."""
    crm.check("user.read")
    return sorted(crm.store.scan(User), key=lambda one: (one.disabled is not None, fold(one.name), one.id))


def user(crm: Crm, id: UUID) -> User:
    """One user. Raises `Unknown` (``user.unknown``)."""
    crm.check("user.read")
    found = crm.store.get(User, [id]).get(id)
    if found is None:
        raise Unknown("user.unknown", name=str(id), suggestion="")
    return found


def named(crm: Crm, sign_in: str) -> User:
    """The user of a sign-in name. Raises `Unknown` (``user.unknown``)."""
    crm.check("user.read")
    id = user_id(sign_in)
    found = crm.store.get(User, [id]).get(id)
    if found is None:
        raise Unknown("user.unknown", name=sign_in, suggestion=nearest(sign_in, [one.sign_in for one in users(crm)]))
    return found


def role_title(crm: Crm, t: Translator, role: str) -> str:
    """What a role is called in somebody's language."""
    if role in ROLE_TITLES:
        return t(ROLE_TITLES[role])
    id = role_id(role)
    own = crm.store.get(Role, [id]).get(id)
    return role if own is None else own.cy if t.language == "cy" else own.en


def make(crm: Crm, sign_in: str, name: str, role: str, language: Language = "") -> tuple[User, str]:
    """A new user, and the token of the link by which they choose a password.

    Raises `PerthynError`: `Conflict` (``user.there``), `Unknown` (``role.unknown``), ``record.value``.
    """
    crm.check("user.write")
    made = _new(crm, sign_in, name, role, language)
    check_within(crm, rights_of(crm, made.role))
    _create(crm, made, [])
    note(crm, "user.made", user=made.id, role=made.role)
    return made, invitations.issued(crm, "user", made)


def edit(crm: Crm, id: UUID, *, name: str = "", role: str = "", language: Language | None = None) -> User:
    """Change what is given. Another role ends the user's sign-ins. Raises as `make`; `Conflict` (``user.last``)."""
    now, there = _settled(crm, lambda since: _edited(crm, id, name, role, language, since))
    if now.role != there.role:
        note(crm, "user.role", user=id, role=now.role, before=there.role)
    return now


def _edited(crm: Crm, id: UUID, name: str, role: str, language: Language | None, since: int) -> tuple[User, User]:
    there = _within(crm, id)
    values: dict[str, Any] = {"name": name.strip() or there.name, "role": known_role(crm, role) if role else there.role}
    if language is not None:
        values["language"] = language or None
    check_within(crm, rights_of(crm, values["role"]))
    if values["role"] != there.role:
        values["epoch"] = there.epoch + 1
        _not_last(crm, there, values["role"])
    checked(User, {**there.model_dump(), **values})
    return _changed(crm, there, since if _leads(there) else None, **values), there


def disable(crm: Crm, id: UUID) -> User:
    """Let somebody in no more, from the next request on; their tokens end. Raises `Conflict` (``user.last``)."""
    now, there = _settled(crm, lambda since: _disabled(crm, id, since))
    if there.disabled is None:
        note(crm, "user.disabled", user=id)
    return now


def _disabled(crm: Crm, id: UUID, since: int) -> tuple[User, User]:
    there = _within(crm, id)
    if there.disabled is not None:
        return there, there
    _not_last(crm, there, "")
    held = [one for one in crm.store.scan(Token) if one.user == id]
    ends = watching.settled(crm, [one.id for one in held])
    ends += [changed(one, ended=crm.clock()) for one in held if one.ended is None]
    gone = {"disabled": crm.clock(), "epoch": there.epoch + 1}
    return _changed(crm, there, since if _leads(there) else None, *ends, **gone), there


def enable(crm: Crm, id: UUID) -> User:
    """Let somebody in again."""
    there = _within(crm, id)
    if there.disabled is None:
        return there
    now = _changed(crm, there, None, disabled=None, epoch=there.epoch + 1)
    note(crm, "user.enabled", user=id)
    return now


def reset(crm: Crm, id: UUID, *, second_step: bool = False) -> str:
    """The token of a link by which somebody chooses a new password; the old one, and accounts elsewhere, count no more.

    `second_step`: that is taken away too: their phone is lost.
    """
    there = _within(crm, id)
    gone: dict[str, Any] = {"totp": None, "totp_next": None, "recovery": None} if second_step else {}
    unlinked = map(Delete, links_of(crm, id))
    now = _changed(crm, there, None, *unlinked, password=None, epoch=there.epoch + 1, **gone)
    note(crm, "user.reset", user=id, second_step=second_step)
    return invitations.issued(crm, "password" if there.password else "user", now)


# -- by a link -------------------------------------------------------------------------------------------------------


def nobody_yet(crm: Crm) -> bool:
    """Whether there is no administrator who could let others in."""
    return not any(_leads(one) for one in crm.store.scan(User))


def first(crm: Crm) -> str:
    """The token of the link by which the first administrator comes in. Raises `Conflict` (``user.first``) later."""
    crm.check("user.write")
    if not nobody_yet(crm):
        raise Conflict("user.first")
    return invitations.issued(crm, "first")


def come_first(
    crm: Crm, token: str, sign_in: str, name: str, password: str, language: Language = "", source: str = ""
) -> User:
    """The first administrator, made by themselves by that link.

    Raises `PerthynError`: ``invitation.wrong``, ``user.first``, ``user.there``, ``password.*``.
    """
    invitation, _ = invitations.opened(crm, token, source, "first")
    if not nobody_yet(crm):
        raise Conflict("user.first")
    made = _new(crm, sign_in, name, ADMINISTRATOR, language)
    passwords.check(password, crm.settings.organisation, made.name, made.sign_in)
    made = made.with_values({"password": passwords.hashed(password, crm.random)})
    _create(crm, made, [invitations.used(crm, invitation)])
    note(speaking_as(crm, made.name), "user.made", user=made.id, role=made.role)
    return made


def invited(crm: Crm, token: str, source: str = "") -> User:
    """Who may choose a password by a link. Raises `PerthynError` (``invitation.wrong``, ``sign_in.wait``)."""
    _, found = invitations.opened(crm, token, source, "user", "password")
    if found is None:
        raise PerthynError("invitation.wrong")
    return found


def choose(crm: Crm, token: str, password: str, source: str = "") -> User:
    """The user who has chosen a password by a link. Raises `PerthynError`: ``invitation.wrong``, ``password.*``."""
    invitation, found = invitations.opened(crm, token, source, "user", "password")
    if found is None:
        raise PerthynError("invitation.wrong")
    now = _chosen(crm, found, password, invitations.used(crm, invitation))
    note(speaking_as(crm, now.name), "password.chosen", who=now.id)
    return now


# -- by themselves ---------------------------------------------------------------------------------------------------


def oneself(crm: Crm, person: Person) -> User:
    """The account of whoever asks. Raises `Unknown` (``user.unknown``) for the machine's own administrator."""
    found = crm.store.get(User, [person.id]).get(person.id) if person.id else None
    if found is None:
        raise Unknown("user.unknown", name=person.name, suggestion="")
    return found


def change_password(crm: Crm, person: Person, old: str, new: str, source: str = "") -> User:
    """The user with another password; all their sign-ins have ended: begin a new one.

    Raises `PerthynError`: ``sign_in.wrong``, ``sign_in.wait``, ``password.*``.
    """
    there = proved(crm, person, old, source)
    now = _chosen(crm, there, new)
    note(crm, "password.changed", who=now.id)
    return now


def set_language(crm: Crm, person: Person, language: Language) -> User:
    """The user with another language."""
    return _changed(crm, oneself(crm, person), None, language=language or None)


def begin_second_step(crm: Crm, person: Person, password: str, source: str = "") -> User:
    """The user with a second step that waits for its first code. Raises as `change_password`."""
    return signing_in.set_up_begun(crm, proved(crm, person, password, source))


def confirm_second_step(crm: Crm, person: Person, code: str, source: str = "") -> User:
    """The user, whose second step counts from now on; all their sign-ins have ended: begin a new one.

    Raises `PerthynError`: ``sign_in.code``, ``sign_in.wait``.
    """
    there = oneself(crm, person)
    tried = limits.begin(crm, limits.account(str(there.id)), limits.source(source))
    now = signing_in.confirmed(crm, there, code)
    limits.was_right(crm, tried)
    return now


def renew_codes(crm: Crm, person: Person, password: str = "", source: str = "") -> list[str]:
    """New recovery codes for whoever has a second step, to be shown once; earlier ones count no more.

    `password`: asked for where there are some already. Raises `PerthynError`: ``second_step.none``, ``sign_in.wrong``.
    """
    there = oneself(crm, person)
    if there.recovery is not None:
        there = proved(crm, person, password, source)
    if there.totp is None:
        raise PerthynError("second_step.none")
    codes = totp.new_codes(crm.random)
    _changed(crm, there, None, recovery=totp.kept_codes(there, codes))
    note(crm, "second_step.codes", who=there.id)
    return codes


def remove_second_step(crm: Crm, person: Person, code: str, source: str = "") -> User:
    """The user without a second step, for which a last code is asked; all their sign-ins have ended.

    Raises `PerthynError`: ``second_step.needed`` where the role asks for one, ``sign_in.code``, ``sign_in.wait``.
    """
    there = oneself(crm, person)
    if signing_in.must_have_second(crm, there.role):
        raise PerthynError("second_step.needed")
    there = signing_in.proved(crm, there, code, source)
    now = _changed(crm, there, None, totp=None, totp_next=None, recovery=None, epoch=there.epoch + 1)
    note(crm, "second_step.removed", who=now.id)
    return now


def links_of(crm: Crm, id: UUID) -> list[Linked]:
    """The accounts elsewhere that open a user's."""
    return [one for one in crm.store.scan(Linked) if one.user == id]


def proved(crm: Crm, person: Person, password: str, source: str) -> User:
    """Oneself, by the password once more: what somebody left open is not enough to take their account.

    Raises `PerthynError`: ``sign_in.wrong``, ``sign_in.wait``.
    """
    there = oneself(crm, person)
    tried = limits.begin(crm, limits.account(str(there.id)), limits.source(source))
    if not passwords.verified(there.password, password):
        note(crm, "sign_in.failed", who=there.id, wrong="password")
        raise PerthynError("sign_in.wrong")
    limits.was_right(crm, tried)
    return there


# -- parts -----------------------------------------------------------------------------------------------------------


def _new(crm: Crm, sign_in: str, name: str, role: str, language: Language) -> User:
    sign_in = sign_in.strip()
    made: User = checked(
        User,
        {"id": user_id(sign_in), "sign_in": sign_in, "name": name.strip() or sign_in, "role": known_role(crm, role),
         "language": language or None, "made": crm.clock()},
    )  # fmt: skip
    return made


def _create(crm: Crm, made: User, more: list[Change]) -> None:
    if made.id in crm.store.get(User, [made.id]):
        raise Conflict("user.there", name=made.sign_in)
    keep(crm, [Create(made), *more], "web.user")


def _within(crm: Crm, id: UUID) -> User:
    """The user, whom the actor may change: one who may no more than they."""
    crm.check("user.write")
    there = user(crm, id)
    check_within(crm, rights_of(crm, there.role))
    return there


def _changed(crm: Crm, there: User, since: int | None, *more: Change, **values: Any) -> User:
    now = there.with_values(values)
    if now != there:
        keep(crm, [changed(there, **values), *more], "web.user", since)
    return now


def _chosen(crm: Crm, there: User, password: str, *more: Change) -> User:
    passwords.check(password, crm.settings.organisation, there.name, there.sign_in)
    kept = passwords.hashed(password, crm.random)
    return _changed(crm, there, None, *more, password=kept, epoch=there.epoch + 1)


def _leads(one: User) -> bool:
    return one.role == ADMINISTRATOR and one.disabled is None


def _settled(crm: Crm, change: Callable[[int], tuple[User, User]]) -> tuple[User, User]:
    """What `change` answers; it is handed the position that it rests on, and asked anew where that has moved on."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Stale):
            return change(crm.store.position())
    return change(crm.store.position())


def _not_last(crm: Crm, there: User, role: str) -> None:
    others = any(_leads(one) for one in crm.store.scan(User) if one.id != there.id)
    if _leads(there) and role != ADMINISTRATOR and not others:
        raise Conflict("user.last", name=there.name)
