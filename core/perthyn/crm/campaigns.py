"""Campaigns: what is to be said to whom, who would get it and who is held, before anything goes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import Create, Edit, Receipt
from perthyn.channel import Channel, Reach, Sender
from perthyn.contacting.door import MAILING
from perthyn.contacting.fields import Said
from perthyn.contacting.ledger import KIND_OF, Line, in_households, language_for, message_id
from perthyn.contacting.letters import Letters, Written
from perthyn.contacting.tokens import token
from perthyn.crm.channels import Channels
from perthyn.crm.people import People
from perthyn.errors import PerthynError, Unknown, why_not
from perthyn.letter_fields import LetterField
from perthyn.model import Campaign, Contact, Interaction, Segment
from perthyn.model.normal import email_key
from perthyn.text import fold, nearest

CHUNK = 500
PURPOSES = (*MAILING, "service")
_WORDS = re.compile(r"[^a-z0-9]+")
_OWN = frozenset({"id", "state", "rule", "frozen_on", "made", "by"})
"""What nobody sets by hand."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a campaign reaches, as of now. `people` are in its segment; to `letters` of them a letter goes.

    `covered`: a letter to their household speaks to them too. `held`: rule of the one door -> how many it holds.
    `languages`: language -> how many letters.
    """

    people: int
    letters: int
    covered: int
    held: Mapping[str, int]
    languages: Mapping[str, int]


class Campaigns(People, Channels):
    """What a person can do with campaigns before they are sent."""

    def campaigns(self) -> list[Campaign]:
        """All campaigns, the newest first."""
        self.check("campaign.read")
        self.check("contact.read")  # which their fields ask for
        return [self.seen(one) for one in sorted(self.store.scan(Campaign), key=lambda one: one.made, reverse=True)]

    def campaign(self, text: str) -> Campaign:
        """The campaign meant by its code, its name in either language or the ending of its id. Raises `Unknown`."""
        all_of_them = self.campaigns()
        found = [one for one in all_of_them if _called(one, text)]
        if len(found) != 1:
            raise Unknown("campaign.unknown", name=text, suggestion=nearest(text, [one.code for one in all_of_them]))
        return found[0]

    def new_campaign(self, name: str, segment: Segment | None, **values: Any) -> tuple[Campaign, Receipt]:
        """A draft. `values` are fields of `Campaign`; its `code` is made of the name where none is given. Undoable.

        Raises `PerthynError` (``campaign.exists``, ``campaign.value``, ``campaign.purpose``).
        """
        self.check("campaign.write")
        named = {"name_cy" if self.language == "cy" else "name_en": name, **values}
        code = values.get("code") or _WORDS.sub("-", fold(name)).strip("-") or "campaign"
        if any(fold(one.code) == fold(code) for one in self.store.scan(Campaign)):
            raise PerthynError("campaign.exists", code=code)
        given = {"id": self.ids(), "segment": segment and segment.id, "currency": self.settings.currency}
        campaign = _checked({**given, **named, "code": code, "made": self.clock(), "by": self.actor.name})
        return campaign, self.commit([Create(campaign)], kind="campaign", reason=campaign.code)

    def edit_campaign(self, campaign: Campaign, **values: Any) -> tuple[Campaign, Receipt | None]:
        """Other words, another segment, another cost ...; once it is being sent, its cost and days of income only.

        Raises `PerthynError` (``campaign.not_draft``, ``campaign.value``, ``campaign.purpose``).
        """
        self.check("campaign.write")
        if campaign.state != "draft" and not values.keys() <= {"cost", "currency", "income_days"}:
            raise PerthynError("campaign.not_draft", code=campaign.code, state=campaign.state)
        if values.keys() & _OWN:
            raise PerthynError("campaign.value", field=", ".join(sorted(values.keys() & _OWN)), value="", why="")
        after = _checked({**dict(campaign), **values})
        changed = {name: (getattr(campaign, name), getattr(after, name)) for name in values}
        changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        if not changed:
            return campaign, None
        edit = Edit("campaign", campaign.id, {"state": (campaign.state, campaign.state), **changed})
        return after, self.commit([edit], kind="campaign", reason=campaign.code)

    # -- to whom ---------------------------------------------------------------------------------------------

    def audience(self, campaign: Campaign) -> Audience:
        """Who would get a letter if it were sent now, and who is held and why. Nothing is sent or stored.

        Raises `PerthynError` (``campaign.no_segment``), and what a broken segment says.
        """
        self.check("campaign.read")
        lines = self._audience_lines(campaign)
        letters = [one for one in lines if one.goes]
        held = Counter(self._rule_seen(one.decision.rule) for one in lines if not one.decision.allowed)
        return Audience(
            len(lines),
            len(letters),
            sum(1 for one in lines if one.speaker is not None),
            dict(held.most_common()),
            dict(Counter(one.language for one in letters).most_common()),
        )

    def audience_lines(self, campaign: Campaign) -> list[Line]:
        """What the ledger would say of everybody in the segment now, in the order of their ids."""
        self.check("campaign.read")
        lines = self._audience_lines(campaign)
        return [replace(one, decision=self._decision_seen(one.decision)) for one in lines]

    def _audience_lines(self, campaign: Campaign) -> list[Line]:
        """The same, with the rules that hold them whoever asks: what the ledger says is true."""
        lines = [
            self._line(campaign, contact, known)
            for some in self._people_of(campaign)
            for known in [self.known([one.id for one in some])]
            for contact in some
        ]
        return in_households(lines) if campaign.household else lines

    def segment_of(self, campaign: Campaign) -> Segment:
        """Whom it is for. Raises `PerthynError` (``campaign.no_segment``)."""
        self.check("campaign.read")
        found = campaign.segment and self.segment_by_id(campaign.segment)
        if not found:
            raise PerthynError("campaign.no_segment", code=campaign.code)
        return found

    def _people_of(self, campaign: Campaign) -> Iterator[list[Contact]]:
        ids = self.store.select(self.closed(self.segment_of(campaign)))
        while chunk := list(islice(ids, CHUNK)):
            found = self.store.get(Contact, chunk)
            yield [found[id] for id in chunk if id in found]

    def _line(self, campaign: Campaign, contact: Contact, known: Mapping[UUID, Any]) -> Line:
        channel = campaign.channel
        decision = self.decided(contact, known[contact.id], campaign.purpose, channels=[channel])[channel]
        ties = _ties(contact, channel, self.today()) if campaign.household else ()
        return Line(contact.id, decision, language_for(campaign, contact), ties)

    def letters_out(self, channel: str) -> int:
        """How many letters have gone out by a channel since yesterday began."""
        self.check("campaign.read")
        self.check_kinds([KIND_OF[channel]])
        since = self.today() - timedelta(days=1)
        gone = self.store.tally(Interaction, ["direction"], kinds=[KIND_OF[channel]], since=since)
        return sum(one.count for one in gone if one.by == ("out",))

    # -- what they read --------------------------------------------------------------------------------------

    def way_out(self, campaign: Campaign) -> tuple[Channel, Reach]:
        """The channel that delivers it, and what that may know. Raises `PerthynError` (``campaign.no_way``)."""
        self.check("campaign.read")
        for channel, account in self.accounts():
            if campaign.channel in channel.ways:
                return channel, self.reach(channel.name, account)
        raise PerthynError("campaign.no_way", channel=campaign.channel)

    def sender(self, campaign: Campaign) -> Sender:
        """Who its letters are from: what the channel that delivers it says, else the organisation's name alone."""
        self.check("campaign.read")
        ways = sorted(self._accounts(), key=lambda one: campaign.channel not in one[0].ways)
        for channel, account in ways:
            if channel.ways:
                return channel.sender(self._reach(channel.name, account))
        return Sender(self.house.organisation, self.house.organisation)

    def letters(self, campaign: Campaign) -> Letters:
        """The letters of a campaign, as they would be written today."""
        self.check("campaign.read")
        return Letters(campaign, sender=self.sender(campaign), today=self.today(), fields=self.letter_fields())

    def letter_fields(self) -> list[LetterField]:
        """The fields that plugins add to letters."""
        self.check("campaign.read")
        return self.plugins.offer("offer_letter_fields")

    def said(self, letters: Letters, contacts: Iterable[UUID]) -> Said:
        """What plugins say of these people in the fields that the letters use; each is asked once for all of them.

        Raises `PerthynError` (``letter.field.failed``), and what a plugin says of itself.
        """
        self.check("campaign.read")
        ids = sorted(set(contacts))
        asked = letters.asked.items() if ids else ()
        return {(name, into): _told(self, name, one, ids, into) for (name, into), one in asked}

    def letter_for(self, campaign: Campaign, contact: Contact, letters: Letters | None = None) -> tuple[str, Written]:
        """What a contact would read, and in which language: "cy", "en" or "both". Raises what `Letters` raises."""
        self.check("campaign.read")
        language = language_for(campaign, contact)
        letters = letters or self.letters(campaign)
        name = token(self._token_key(), message_id(campaign.id, contact.id))
        page, said = self.sender(campaign).page(name), self.said(letters, [contact.id])
        return language, letters.written(contact, language, token=name, refuse_url=page, said=said)

    def problems_of(self, campaign: Campaign) -> list[PerthynError]:
        """All that keeps it from being sent, its audience aside."""
        self.check("campaign.read")
        found = self.letters(campaign).problems()
        try:
            self.closed(self.segment_of(campaign))
        except PerthynError as error:
            found.append(error)
        return found


def _told(crm: Campaigns, name: str, one: LetterField, ids: list[UUID], language: str) -> Mapping[UUID, str]:
    """What a plugin's field says, looked at before it is believed."""
    try:
        told = dict(one.values(crm, ids, language))
    except PerthynError:
        raise
    except Exception as error:
        raise PerthynError("letter.field.failed", field=name, why=f"{type(error).__name__}: {error}") from error
    if not all(isinstance(text, str) for text in told.values()):
        raise PerthynError("letter.field.failed", field=name, why=repr(told)[:80])
    return told


def _checked(values: Mapping[str, Any]) -> Campaign:
    try:
        one = Campaign.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        said = str(first["input"])
        value = f"{said[:60]}…" if len(said) > 60 else said
        raise PerthynError("campaign.value", field=field, value=value, why=why_not(first)) from error
    if one.purpose not in PURPOSES:
        raise PerthynError("campaign.purpose", purpose=one.purpose, known=", ".join(PURPOSES))
    return one


def _called(one: Campaign, text: str) -> bool:
    names = {fold(name) for name in (one.code, one.name_en, one.name_cy) if name}
    ending = text.lower().replace("-", "")
    return fold(text) in names or (len(ending) >= 6 and one.id.hex.endswith(ending))


def _ties(contact: Contact, channel: str, today: date) -> tuple[str, ...]:
    """What is the same for all who live together: their household; where a letter goes to, an e-mail or a door.

    By post only those of one surname: a house may be divided.
    """
    links = [one for one in contact.relationships if one.kind == "household_member" and (one.end or today) >= today]
    found = [f"home {id}" for id in (contact.id, *(one.other for one in links))] if links else []
    email, address = contact.preferred_email(), contact.preferred_address()
    if channel == "email" and email:
        found.append(f"email {email_key(email.address)}")
    surname = fold(contact.family or (contact.name or "").rpartition(" ")[2])
    if channel == "post" and address and address.postcode_key and surname:
        found.append(f"post {address.key} {surname}")
    return tuple(found)
