"""Castle: an organisation and its accounts, whose clock can be put forward."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pyotp

from perthyn.crm import Actor, Crm
from perthyn.house import House
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins
from perthyn.screens import Person
from perthyn.secrets import secrets_of
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn_sql import open_store
from perthyn_web.accounts import signing_in, totp, users
from perthyn_web.accounts.records import TYPES, User

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = "tri llew a draig goch"
"""A password that may be chosen."""


@dataclass
class Castle:
    """An organisation and its accounts. `crm`: the machine's own administrator's; `now` can be put forward."""

    folder: Path
    store: Store
    now: datetime = NOON
    crm: Crm = field(init=False)
    random: Random = field(default_factory=lambda: Random(1))

    def __post_init__(self) -> None:
        self.crm = self.desk(self.store)

    def desk(self, store: Store, *rights: str) -> Crm:
        """A `Crm` on a store, of an actor with these rights (all)."""
        settings = Settings(folder=self.folder, organisation="Castell Brithwen")
        secrets = secrets_of(self.folder, {}, {})
        house = House(self.folder, lambda: self.now, self.random.randbytes, "Castell Brithwen", secrets=secrets)
        plugins = Plugins()
        plugins.house = house
        actor = Actor("gwen", frozenset(rights) or frozenset({"*"}))
        return Crm(store, plugins, settings, lambda: self.now, self.random.randbytes, actor)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def user(self, sign_in: str = "mair", role: str = "volunteer", password: str = GOOD) -> User:
        """A user who has chosen a password."""
        _, token = users.make(self.crm, sign_in, sign_in.title(), role)
        return users.choose(self.crm, token, password)

    def held(self, user: User) -> User:
        """The user as the store has it."""
        return self.store.get(User, [user.id])[user.id]

    def offered(self) -> None:
        """Nobody must have a second step."""
        signing_in.set_policy(self.crm, "offered")

    def app(self, user: User) -> pyotp.TOTP:
        """The app on the phone of a user who has set the second step up, or is about to."""
        held = self.held(user)
        return pyotp.TOTP(totp.secret(totp.key_of(self.crm), held, held.totp or held.totp_next or ""))

    def code(self, user: User, **ago: float) -> str:
        """What it shows now, or showed some time ago."""
        return self.app(user).at(self.now - timedelta(**ago))

    def with_second_step(self, sign_in: str = "mair", role: str = "volunteer") -> tuple[User, list[str]]:
        """A user who has a second step, and their recovery codes; half a minute later."""
        user = signing_in.set_up_begun(self.crm, self.user(sign_in, role))
        signing_in.confirmed(self.crm, user, self.code(user))
        codes = users.renew_codes(self.crm, Person("", role, frozenset(), user.id))
        self.later(seconds=30)
        return self.held(user), codes


def sqlite(folder: Path) -> Store:
    """The folder's store."""
    return open_store(f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}", (*CORE_TYPES, *TYPES))
