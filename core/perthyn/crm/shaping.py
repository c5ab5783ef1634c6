"""Shaping: a segment's names and rule changed, and a rule tried out before anything keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from uuid import UUID

from perthyn.changes import Change, Create, Edit, Receipt
from perthyn.crm.segments import Segments
from perthyn.errors import PerthynError
from perthyn.model import Contact, Membership, Segment
from perthyn.rules import Because, Closed, Group, Leaf, bind, explain, measures_in, parse, read_rule, rule_json
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches
from perthyn.text import fold


class Shaping(Segments):
    """What a person can do with a segment that is there, and with a rule that is no segment yet."""

    def edit_segment(
        self, segment: Segment, *, name_en: str | None, name_cy: str | None, rule: str | None = None, mode: str = ""
    ) -> tuple[Segment, Receipt | None]:
        """Other names, another rule, or from today on whoever the rule finds today (`mode` "snapshot"). Undoable.

        `rule` is its text form in either language, None where it stays. Answers the segment as it is then, and None
        for the receipt where nothing changed. Raises `PerthynError`: ``segment.exists``, ``segment.nameless``;
        ``segment.fixed`` where the people of a segment that is fixed on a date, or hand-picked, would change;
        ``rules.segment.cycle`` where it would ask for itself; and what is wrong with the rule.
        """
        self.check("segment.write")
        self.closed(segment)  # whoever may not see what it asks for does not change it either
        mode = mode or segment.mode
        data = parse(rule, self.schema(), self.language) if rule else None
        told = rule_json(data) if data else segment.rule
        if not (name_en or name_cy):
            raise PerthynError("segment.nameless")
        if segment.mode != "dynamic" and (told, mode) != (segment.rule, segment.mode):
            raise PerthynError("segment.fixed", name=segment.name(self.language))
        for name in filter(None, (name_en, name_cy)):
            if any(one.id != segment.id and fold(name) in _names(one) for one in self.segments()):
                raise PerthynError("segment.exists", name=name)
        fixed_on = self.today() if mode == "snapshot" and segment.mode == "dynamic" else segment.fixed_on
        values = {"name_en": name_en or None, "name_cy": name_cy or None, "mode": mode, "rule": told}
        after = Segment.model_validate({**dict(segment), **values, "fixed_on": fixed_on})
        if told != segment.rule or mode != segment.mode:
            closed = self._closed_as(after)
        changes: list[Change] = []
        if mode != segment.mode:
            about = {"segment": segment.id, "since": self.clock()}
            changes += [
                Create(Membership.model_validate({"id": self.ids(), "contact": id, **about}))
                for id in self.store.select(closed)
            ]
        differs = {
            name: (getattr(segment, name), getattr(after, name))
            for name in (*values, "fixed_on")
            if getattr(segment, name) != getattr(after, name)
        }
        if not differs:
            return segment, None
        changes.insert(0, Edit("segment", segment.id, differs))
        return after, self.commit(changes, kind="segment", reason=after.name(self.language))

    def _closed_as(self, segment: Segment) -> Closed:
        """What the rule of a segment would find if it stood so already, asked by way of those that ask for it too."""
        own = self.close(read_rule(segment.rule or ""))

        def known(id: UUID) -> Segment | None:
            there = self.segment_by_id(id)
            return there if there is None or id != segment.id else segment.model_copy(update={"mode": "dynamic"})

        bind(
            Group(rules=(Leaf(field="segment", operator="=", value=str(segment.id)),)),
            self.schema(), as_of=self.today(), segments=known, spread=lambda _: (), currency=self.settings.currency,
            zone=self.zone, year_start_month=self.settings.year_starts,
        )  # fmt: skip
        return own

    # -- a rule that nothing keeps yet -----------------------------------------------------------------------

    def count_of(self, closed: Closed) -> int:
        """How many contacts a closed rule is true for."""
        self.check("segment.read")
        self._check_fields(closed)
        return self.store.count(closed)

    def page_of(self, closed: Closed, limit: int, after: UUID | None = None) -> list[Contact]:
        """The first so many contacts that a closed rule is true for, in id order, of those after `after`."""
        self.check("contact.read")
        self._check_fields(closed)
        ids = (id for id in self.store.select(closed) if after is None or id > after)
        return list(self._in_order(list(islice(ids, limit))))

    def contacts_by(self, ids: Iterable[UUID]) -> dict[UUID, Contact]:
        """Contacts by their ids, as the actor may see them; of an id that is nobody's there is none."""
        self.check("contact.read")
        return {id: self.seen(one) for id, one in self.store.get(Contact, ids).items()}

    def reasons(self, closed: Closed, contact: Contact) -> Because:
        """Whether a closed rule is true for a contact, and the facts that decide."""
        self.check("contact.read")
        self._check_fields(closed)
        held = frozenset(one.segment for one in self.store.owned(Membership, [contact.id]))
        facts = Facts(contact, {}, held)
        wanted = list(dict.fromkeys(measures_in(closed)))
        values = dict(zip(wanted, self.store.measures(wanted, contact.id), strict=True))
        return explain(closed, values.__getitem__, lambda leaf: matches(leaf, facts))


def _names(segment: Segment) -> set[str]:
    return {fold(name) for name in (segment.name_en, segment.name_cy) if name}
