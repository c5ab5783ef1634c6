"""Demonstrating: an invented house is taken in as any files are, and taken back whole, whenever it has been enough.

What its batches are is remembered by a setting each, which is part of the batch: whoever takes the batch back forgets
it, however that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Header
from perthyn.crm.imports import Imports
from perthyn.crm.past import INVENTED, Past
from perthyn.crm.segments import Segments
from perthyn.demonstration import Demonstration, Example
from perthyn.importing.consents import YesMeans
from perthyn.model import Segment, Setting
from perthyn.rules import parse, rule_json

DEMONSTRATES = ("import.write", "consent.write", "segment.write", "history.undo")
"""The rights of whoever brings an invented house in, and takes it back."""


class Demonstrating(Imports, Past, Segments):
    """What a person can do with invented people."""

    def demonstrations(self) -> list[Demonstration]:
        """The invented houses that are offered."""
        self.check("import.write")
        return self.plugins.offer("offer_demonstration")

    def invented(self) -> list[Header]:
        """The batches that brought in invented people and are not taken back, the newest first.

        Whoever works here may know that some are invented; of the batches only ids and numbers are of use to them.
        """

        def found() -> list[Header]:
            names = (one.name for one in self.store.scan(Setting) if one.name.startswith(INVENTED))
            headers = (self.store.header(UUID(name.removeprefix(INVENTED))) for name in names)
            return sorted((one for one in headers if one is not None), key=lambda one: -one.number)

        return self.kept("invented", found)

    def may_demonstrate(self) -> bool:
        """Whether the actor may bring an invented house in, and take it back."""
        return all(map(self.actor.may, DEMONSTRATES))

    def bring_invented(self, house: Demonstration, folder: Path) -> Iterator[Example]:
        """Take in an invented house, file by file; each is answered when it is in. What is in already is left alone.

        `folder`: where its files are written. Raises `OSError`, and what an import raises.
        """
        self.check("import.write")
        self.check("history.undo")
        for example in house.write(folder):
            yes = YesMeans(example.asked) if example.asked else None
            for understanding in self.understand(example.file):
                self.import_table(understanding, yes_means=yes, ends=_remembered(self))
            yield example
        self._bring_questions(house)

    def _bring_questions(self, house: Demonstration) -> None:
        """The segments of an invented house, but for those whose names are taken."""
        self.check("segment.write")
        taken = {name for one in self.segments() for name in (one.name_en, one.name_cy)}
        made = [
            Segment(id=self.ids(), name_en=en, name_cy=cy, rule=rule_json(parse(rule, self.schema(), "en")))
            for en, cy, rule in house.segments
            if not {en, cy} & taken
        ]
        if made:
            id = self.batch_id()
            changes = [*map(Create, made), *_remembered(self)(id)]
            self.apply(Batch(id, self.actor.name, self.clock(), house.house, "segment", changes))


def _remembered(desk: Past) -> Callable[[UUID], Iterable[Change]]:
    def ends(batch: UUID) -> list[Change]:
        change = desk.remember(f"{INVENTED}{batch.hex}", True)
        return [change] if change is not None else []

    return ends
