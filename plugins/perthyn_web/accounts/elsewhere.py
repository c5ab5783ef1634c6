"""Elsewhere: coming in with an account at Google or Microsoft. It opens nothing that was not opened for it here.

The first time, an account is linked with the user whose sign-in name is the address that was proved there, or whose
link (an invitation) somebody came by. From then on it is known by its own number there, which is never another's; an
address may be.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError
from perthyn.screens import Person
from perthyn_web.accounts import invitations, limits, openid, signing_in, users
from perthyn_web.accounts.noting import keep, note, speaking_as
from perthyn_web.accounts.records import Invitation, Linked, Purpose, User, linked_id, new_secret, secret_id, user_id

COOKIE = "elsewhere"
"""The cookie of one try: it binds what comes back to the browser that went."""
LASTS = 600
"""Seconds that somebody may be away."""
TRUST = "trust_second_step"
LINKING: tuple[Purpose, ...] = ("user", "link")
"""Invitations by which an account may be linked."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One try. `to`: where they want to go then; `link`: the invitation that they came by, if any."""

    provider: str
    at: int
    key: str
    to: str = ""
    link: str = ""

    def packed(self) -> str:
        """As the browser keeps it."""
        return urlencode({"provider": self.provider, "at": self.at, "key": self.key, "to": self.to, "link": self.link})


def begun(crm: Crm, name: str, base: str, to: str = "", link: str = "") -> tuple[str, str]:
    """Where a browser goes to be asked who it is, and what it keeps until it comes back; nothing is changed.

    Raises `PerthynError`: `Unknown` (``sso.unknown``), ``sso.tenant``, ``sso.unreachable``, ``sso.wrong``.
    """
    errand = Errand(name, int(crm.clock().timestamp()), new_secret(crm.random), to[:1_000], link[:100])
    return openid.address(openid.provider(crm.house, name), errand.key, back(base, name)), errand.packed()


def back(base: str, name: str) -> str:
    """Where a browser comes back to: what Google and Microsoft are told beforehand."""
    return f"{base}/sign-in/{name}/back"


def errand_of(crm: Crm, name: str, held: str, state: str) -> Errand:
    """The try that somebody comes back from. Raises `PerthynError` (``sso.again``)."""
    said = dict(parse_qsl(held))
    with suppress(KeyError, ValueError):
        errand = Errand(said["provider"], int(said["at"]), said["key"], said.get("to", ""), said.get("link", ""))
        now = int(crm.clock().timestamp())
        if (errand.provider, state) == (name, openid.derived(errand.key, "state")) and 0 <= now - errand.at <= LASTS:
            return errand
    raise PerthynError("sso.again")


def came_back(crm: Crm, errand: Errand, code: str, base: str, source: str) -> signing_in.Outcome:
    """How far somebody comes who was away: in, or to the second step.

    Raises `PerthynError`: ``sso.again`` for a try that was used, ``sso.unreachable``, ``sso.wrong``, ``sso.nobody``,
    ``sso.unproved``, ``sso.other``, ``sign_in.wait``, ``invitation.wrong``.
    """
    tried = limits.begin(crm, limits.source(source))
    _use(crm, errand)
    try:
        there = openid.with_secret(crm.house, errand.provider)
        user = _user(crm, there, openid.account(crm, there, errand.key, code, back(base, there.name)), errand, source)
    except PerthynError as error:
        if error.code.startswith("sso."):
            note(crm, "sign_in.failed", kind=errand.provider, wrong=error.facts.get("why") or error.code)
        raise
    limits.was_right(crm, tried)
    if crm.house.section(openid.SECTION).get(TRUST) is True:
        signing_in.let_in(crm, user)
        return signing_in.Outcome(user)
    outcome = signing_in.admitted(crm, user)
    if not outcome.need:
        signing_in.let_in(crm, user)
    return outcome


def _use(crm: Crm, errand: Errand) -> None:
    """Of two that come back from one try, the second is refused."""
    used = Invitation(
        id=secret_id(Invitation, errand.key), purpose="elsewhere", by="-", expires=crm.clock(), used=crm.clock()
    )
    try:
        keep(crm, [Create(used)], Invitation.type_name)
    except (Conflict, PerthynError) as error:
        raise PerthynError("sso.again") from error


def _user(crm: Crm, there: openid.Provider, account: openid.Account, errand: Errand, source: str) -> User:
    id = linked_id(account.issuer, account.sub)
    known = crm.store.get(Linked, [id]).get(id)
    if errand.link:
        invitation, invited = invitations.opened(crm, errand.link, source, *LINKING)
        if invited is None or (known is not None and known.user != invited.id):
            raise PerthynError("sso.other", title=there.title)
        return _linked(crm, there, account, invited, [invitations.used(crm, invitation)])
    if known is not None:
        return _enabled(crm, there, known.user)
    if not account.email:
        raise PerthynError("sso.unproved", title=there.title)
    user = _enabled(crm, there, user_id(account.email))
    return _linked(crm, there, account, user, [])


def _enabled(crm: Crm, there: openid.Provider, id: UUID) -> User:
    user = crm.store.get(User, [id]).get(id)
    if user is None or user.disabled is not None:
        raise PerthynError("sso.nobody", title=there.title)
    return user


def _linked(crm: Crm, there: openid.Provider, account: openid.Account, user: User, more: list[Change]) -> User:
    """The user, linked from now on. Whoever has an account there already is not given to a second one."""
    made = Linked(id=linked_id(account.issuer, account.sub), user=user.id, provider=there.name, made=crm.clock())
    held = [one for one in users.links_of(crm, user.id) if one.provider == there.name]
    if any(one.id != made.id for one in held):
        raise PerthynError("sso.other", title=there.title)
    keep(crm, [*([] if held else [Create(made)]), *more], Linked.type_name)
    note(speaking_as(crm, user.name), "account.linked", who=user.id, kind=there.name)
    return user


# -- by themselves ---------------------------------------------------------------------------------------------------


def link(crm: Crm, person: Person, password: str, source: str = "") -> str:
    """The token of an invitation by which somebody links an account; asked for by their password once more.

    Raises `PerthynError`: ``sign_in.wrong``, ``sign_in.wait``.
    """
    return invitations.issued(crm, "link", users.proved(crm, person, password, source))


def unlink(crm: Crm, person: Person, name: str) -> None:
    """No account there opens anything for somebody any more; their other ways in stay as they are.

    Raises `PerthynError` (``sso.only``) for whoever has no password: they would be shut out.
    """
    there = users.oneself(crm, person)
    gone: list[Change] = [Delete(one) for one in users.links_of(crm, there.id) if one.provider == name]
    if gone and there.password is None:
        raise PerthynError("sso.only")
    if gone:
        keep(crm, gone, Linked.type_name)
        note(crm, "account.unlinked", who=there.id, kind=name)
