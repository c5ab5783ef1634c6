"""What the tests of campaigns share: a channel that keeps what it is handed, and people who said yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from perthyn.channel import Answer, Channel, Letter, Outlet, Pace, Reach, Sender
from perthyn.hooks import hookimpl
from perthyn.model import Campaign, Contact


@dataclass
class Sink(Outlet):
    """Keeps the letters it takes, and answers what it `says`. `before(letter)` may raise what an outlet raises."""

    taken: list[Letter]
    before: Callable[[Letter], None] = lambda letter: None
    says: str = "250 ok"
    closed: int = 0

    def send(self, letter: Letter) -> Answer:
        self.before(letter)
        self.taken.append(letter)
        return Answer(self.says, f"<{letter.message}>")

    def close(self) -> None:
        self.closed += 1


@dataclass
class Post(Channel):
    """A channel for tests. `outlets` counts how often it was opened."""

    name: ClassVar[str] = "post_office"
    title: ClassVar[tuple[str, str]] = ("Post office", "Swyddfa bost")
    ways: ClassVar[tuple[str, ...]] = ("email", "post")
    sink: Sink = field(default_factory=lambda: Sink([]))
    goes: bool = True
    paced: Pace = field(default_factory=Pace)
    opening: Callable[[], None] = lambda: None
    public: str = ""

    def accounts(self, house: object) -> Sequence[str]:
        return ("main",)

    def outlet(self, reach: Reach) -> Outlet:
        self.opening()
        return self.sink

    def live(self, reach: Reach) -> bool:
        return self.goes

    def pace(self, reach: Reach) -> Pace:
        return self.paced

    def sender(self, reach: Reach) -> Sender:
        return Sender("Brithwen", "Brithwen", "1 Lle, Tre", "swyddfa@brithwen.cymru", self.public, bool(self.public))


class PostPlugin:
    """The plugin that offers it."""

    def __init__(self, post: Post) -> None:
        self.post = post

    @hookimpl
    def offer_channels(self) -> list[Channel]:
        return [self.post]


LETTERS = {
    "subject_cy": "Newyddion i {{ enw_cyntaf or 'gyfaill' }}", "letter_cy": "{{ cyfarchiad }},\n\nDewch draw.",
    "subject_en": "News for {{ first_name or 'friend' }}", "letter_en": "{{ salutation }},\n\nDo come.",
}  # fmt: skip


@dataclass
class Campaigning:
    """An office with a post office: short ways to people who may be written to and to campaigns."""

    office: Any
    post: Post = field(default_factory=Post)

    def __post_init__(self) -> None:
        self.plug(self.office.crm)

    def plug(self, crm: Any) -> Any:
        crm.plugins.add(PostPlugin(self.post), "post_office")
        return crm

    @property
    def crm(self) -> Any:
        return self.office.crm

    def reader(self, name: str, yes: bool = True, channel: str = "email", **values: Any) -> Contact:
        """Somebody who said yes to marketing."""
        values.setdefault("email", f"{name.split()[0].lower()}{len(list(self.crm.store.scan(Contact)))}@x.cymru")
        one: Contact = self.office.person(name, given=name.split()[0], family=name.split()[-1], **values)
        if yes:
            self.office.said(one, "given", channel, wording="Newyddion?", how="form")
        return one

    def campaign(self, name: str = "Gwanwyn", rule: str = "has email", **values: Any) -> Campaign:
        """A draft to a segment of that rule, in both languages."""
        segments = {one.name_en: one for one in self.crm.segments()}
        segment = segments.get(rule) or self.crm.add_segment(rule, None, rule)[0]
        one: Campaign = self.crm.new_campaign(name, segment, **{**LETTERS, **values})[0]
        return one

    def opened(self, *arguments: Any, **values: Any) -> Campaign:
        """The same, frozen."""
        one = self.campaign(*arguments, **values)
        self.crm.freeze(one)
        return self.now(one)

    def now(self, campaign: Campaign) -> Campaign:
        """The campaign as the store has it."""
        found: Campaign = self.crm.store.get(Campaign, [campaign.id])[campaign.id]
        return found

    def names(self) -> list[str]:
        """To whom letters went, in order."""
        return [one.name for one in self.post.sink.taken]
