"""Segments: groups by rule, by hand or as they were on a day; who is in them, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from perthyn.changes import Change, Create, Delete, Receipt
from perthyn.crm.desk import Desk
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Campaign, Contact, Membership, Segment
from perthyn.rules import Because, Closed, Rule, bind, explain, measures_in, parse, read_rule, rights_in, rule_json
from perthyn.rules.closed import All, Measure, Member
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches
from perthyn.rules.looks import segments_in
from perthyn.text import fold, nearest

MEMBERSHIPS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a contact is in a segment, and the facts that decide. `because` is None for a hand-picked one.

    `broken`: why the rule is not understood; `member` is None then, for nobody knows.
    """

    segment: Segment
    member: bool | None
    because: Because | None
    broken: PerthynError | None = None


class Segments(Desk):
    """What a person can do with segments."""

    def segments(self) -> list[Segment]:
        """All segments, by name."""
        self.check("segment.read")
        return sorted(self._all_segments(), key=lambda one: fold(one.name(self.language)))

    def _all_segments(self) -> list[Segment]:
        return self.kept("segments", lambda: list(self.store.scan(Segment)))

    def segment(self, text: str) -> Segment:
        """The segment meant by its name in either language or the ending of its id. Raises `Unknown`."""
        found = [one for one in self.segments() if _called(one, text)]
        if len(found) != 1:
            names = [name for one in self.segments() for name in (one.name_en, one.name_cy) if name]
            raise Unknown("segment.unknown", name=text, suggestion=nearest(text, names))
        return found[0]

    def add_segment(
        self,
        name_en: str | None,
        name_cy: str | None,
        rule: str,
        *,
        mode: str = "dynamic",
        contacts: Iterable[UUID] = (),
    ) -> tuple[Segment, Receipt]:
        """A new segment. `rule` is its text form in either language; a hand-picked one takes `contacts` instead.

        A snapshot keeps whoever the rule finds today. Raises `PerthynError` for a rule that is not understood.
        """
        self.check("segment.write")
        for name in filter(None, (name_en, name_cy)):
            if any(_called(one, name) for one in self.segments()):
                raise PerthynError("segment.exists", name=name)
        data = parse(rule, self.schema(), self.language) if rule else None
        segment = Segment.model_validate(
            {"id": self.ids(), "name_en": name_en, "name_cy": name_cy, "mode": mode,
             "rule": rule_json(data) if data else None, "fixed_on": self.today() if mode == "snapshot" else None}
        )  # fmt: skip
        changes: list[Change] = [Create(segment)]
        if data is not None:
            closed = self.close(data)
            members = list(self.store.select(closed)) if mode == "snapshot" else []
        else:
            members = list(dict.fromkeys(map(self.store.resolve, contacts)))
        changes += [Create(self._membership(segment, id)) for id in members]
        return segment, self.commit(changes, kind="segment", reason=segment.name(self.language))

    def remove_segment(self, segment: Segment) -> Receipt:
        """Take a segment away, with the memberships of a hand-picked or snapshot one. Undoable.

        Raises `PerthynError` (``segment.used``) while another segment's rule names it, or a draft campaign.
        """
        self.check("segment.write")
        named = [one for one in self.segments() if one.id != segment.id and str(segment.id) in (one.rule or "")]
        users = [one.name(self.language) for one in named]
        drafts = (one for one in self.store.scan(Campaign) if one.segment == segment.id and one.state == "draft")
        users += [one.name(self.language) for one in drafts]
        if users:
            raise PerthynError("segment.used", name=segment.name(self.language), by=", ".join(users))
        held = [one for one in self.store.scan(Membership) if one.segment == segment.id]
        changes: list[Change] = [*(Delete(one) for one in held), Delete(segment)]
        return self.commit(changes, kind="segment", reason=segment.name(self.language))

    def closed(self, segment: Segment, as_of: date | None = None) -> Closed:
        """A segment's closed rule as of a day (today). Raises `PerthynError` where the rule is broken."""
        self.check("segment.read")
        as_of = as_of or self.today()
        closed = self.kept(f"closed {segment.id} {as_of}", lambda: self._close_segment(segment, as_of))
        self._check_fields(closed)
        return closed

    def close(self, rule: Rule, as_of: date | None = None) -> Closed:
        """A rule bound to this store's names as of a day (today). Raises `Forbidden` for a field one may not see."""
        self.check("contact.read")
        closed = self._bound(rule, as_of or self.today())
        self._check_fields(closed)
        return closed

    def _bound(self, rule: Rule, as_of: date) -> Closed:
        return bind(
            rule,
            self.schema(),
            as_of=as_of,
            segments=self.segment_by_id,
            spread=self.store.spread,
            currency=self.settings.currency,
            zone=self.zone,
            year_start_month=self.settings.year_starts,
        )

    def closed_text(self, rule: str, as_of: date | None = None) -> Closed:
        """The closed rule of a text form."""
        return self.close(parse(rule, self.schema(), self.language), as_of)

    def count(self, segment: Segment) -> int:
        """How many contacts are in it."""
        self.check("segment.read")
        return self.store.count(self.closed(segment))

    def members(self, segment: Segment) -> Iterator[Contact]:
        """The contacts in it, in id order."""
        return self.contacts_of(self.closed(segment))

    def contacts_of(self, closed: Closed) -> Iterator[Contact]:
        """The contacts a closed rule is true for, in id order; a few hundred in memory at a time."""
        self.check("contact.read")
        self._check_fields(closed)
        return self._contacts_of(closed)

    def _contacts_of(self, closed: Closed) -> Iterator[Contact]:
        held: list[UUID] = []
        for id in self.store.select(closed):
            held.append(id)
            if len(held) == MEMBERSHIPS_AT_ONCE:
                yield from self._in_order(held)
                held = []
        yield from self._in_order(held)

    def why(self, segment: Segment, contact: Contact) -> Standing:
        """Whether and why a contact is in a segment. Raises `PerthynError` where its rule is broken."""
        self.closed(segment)
        return self.standings(contact, [segment])[0]

    def standings(self, contact: Contact, segments: Sequence[Segment] | None = None) -> list[Standing]:
        """How a contact stands to segments (all): one round trip for all the facts that their rules ask for.

        Of all, those whose rules touch a field that the actor may not see are left out; if named, they are refused.
        """
        self.check("contact.read")
        held = frozenset(one.segment for one in self.store.owned(Membership, [contact.id]))
        facts = Facts(contact, {}, held)
        if segments is None:
            shown, wanted = self.kept(f"standing {sorted(self.actor.rights)} {self.today()}", self._all_that_stand)
        else:
            shown = [(one, self._closed_or_why(one)) for one in segments]
            wanted = _measures_of(shown)
        values = dict(zip(wanted, self.store.measures(wanted, contact.id), strict=True))

        def standing(one: Segment, rule: Closed | PerthynError) -> Standing:
            if isinstance(rule, PerthynError):
                return Standing(one, None, None, rule)
            if one.mode != "dynamic":
                return Standing(one, one.id in held, None)
            because = explain(rule, values.__getitem__, lambda leaf: matches(leaf, facts))
            return Standing(one, because.holds, because)

        return [standing(one, rule) for one, rule in shown]

    def _all_that_stand(self) -> tuple[list[tuple[Segment, Closed | PerthynError]], list[Measure]]:
        """All segments whose rules the actor may ask, closed, and all that these measure."""
        shown: list[tuple[Segment, Closed | PerthynError]] = []
        for one in self.segments():
            with self.looking():
                shown.append((one, self._closed_or_why(one)))
        return shown, _measures_of(shown)

    def _closed_or_why(self, segment: Segment) -> Closed | PerthynError:
        """Its closed rule, or why it is not understood. Raises `Forbidden`."""
        try:
            return self.closed(segment)
        except Forbidden:
            raise
        except PerthynError as error:
            return error

    def broken(self, segment: Segment) -> PerthynError | None:
        """Why a segment's rule is not understood, or None."""
        found = self._closed_or_why(segment)
        return found if isinstance(found, PerthynError) else None

    def segment_by_id(self, id: UUID) -> Segment | None:
        """For binding: the segment of that id."""
        return next((one for one in self.segments() if one.id == id), None)

    def _close_segment(self, segment: Segment, as_of: date) -> Closed:
        if segment.mode != "dynamic" or segment.rule is None:
            return Member(segment.id)
        return self._bound(read_rule(segment.rule), as_of)

    def _membership(self, segment: Segment, contact: UUID) -> Membership:
        return Membership(id=self.ids(), contact=contact, segment=segment.id, since=self.clock())

    def _in_order(self, ids: Sequence[UUID]) -> Iterator[Contact]:
        found = self.store.get(Contact, ids)
        return (self.seen(found[id]) for id in ids if id in found)

    def _check_fields(self, closed: Closed) -> None:
        """A rule that touches a field or a kind that the actor may not see is refused, not filtered.

        So is one that asks for a segment fixed on a day by such a rule: who is in it tells as much.
        """
        if "*" in self.actor.rights:
            return
        looked: set[UUID] = set()
        rules = [closed]
        for rule in rules:  # grows while it is read
            self._check_rights(rights_in(rule, self.schema()))
            fixed = set(segments_in(rule)) - looked
            looked |= fixed
            rules += [self._fixed_by(one) for one in self._all_segments() if one.id in fixed and one.rule is not None]

    def _fixed_by(self, segment: Segment) -> Closed:
        """The rule of a segment that is fixed on a day. One not understood any more may have asked for anything."""
        try:
            return self._bound(read_rule(segment.rule or ""), segment.fixed_on or self.today())
        except PerthynError:
            self.check_all_fields()
            return All(())


def _measures_of(shown: Iterable[tuple[Segment, Closed | PerthynError]]) -> list[Measure]:
    """What the rules measure, each once."""
    rules = (rule for _, rule in shown if not isinstance(rule, PerthynError))
    return list(dict.fromkeys(one for rule in rules for one in measures_in(rule)))


def _called(segment: Segment, text: str) -> bool:
    names = {fold(name) for name in (segment.name_en, segment.name_cy) if name}
    ending = text.lower().replace("-", "")
    return fold(text) in names or (len(ending) >= 6 and segment.id.hex.endswith(ending))
