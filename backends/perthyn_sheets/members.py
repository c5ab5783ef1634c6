"""Members: a tab with the people of a segment, and for each why she is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import Contact, Segment
from perthyn.text import Translator, fold, phrase
from perthyn.words.records import because
from perthyn_sheets.book import Manner
from perthyn_sheets.cells import Raw, joined
from perthyn_sheets.columns import Column, Tab
from perthyn_sheets.fences import unfenced
from perthyn_sheets.kept import State
from perthyn_sheets.made_tabs import filled
from perthyn_sheets.once import Once
from perthyn_sheets.store import SWAPPED, SheetsStore

SHOWN = ("name", "emails", "phones")
TITLE = phrase("Members: {name}")
HEADS = {
    "name": phrase("Name"),
    "emails": phrase("Emails"),
    "phones": phrase("Phones"),
    "why": phrase("Why she or he is in it"),
}
NOTE = phrase("perthyn made this tab on {at} and replaces all of it when it is asked to again. It reads nothing here.")


def members_tab(
    store: SheetsStore,
    crm: Crm,
    segment: Segment,
    say: Callable[[str], Translator],
    tell: Callable[[int], None] = lambda more: None,
) -> tuple[int, int]:
    """Make or renew the tab with the members of a segment: its number, and how many they are.

    `say`: the translator of a language. `tell` is told of each member. Raises `Forbidden` for a rule that touches what
    the actor of `crm` may not see, what writing raises, and `PerthynError` (``sheets.busy``).
    """
    languages = languages_of(store.kept.read(), store.house.language)
    t = say(languages[0])
    rows: list[list[Raw]] = []
    for one in sorted(crm.members(segment), key=lambda one: fold(one.shown_name)):
        rows.append([*_cells(one), because(crm, t, crm.why(segment, one), one) or _chosen(t)])
        tell(1)
    tab = _tab(segment, say, languages, t.instant(crm.clock().astimezone(crm.zone)))
    with store.kept.alone(SWAPPED) as mine:
        if not mine:
            raise PerthynError("sheets.busy")
        number, requests = filled(store.api, store.house, tab, rows, languages)
        Once(store.kept, store.api, store.house).surely([*unfenced(), *requests])
    return number, len(rows)


def languages_of(state: State, otherwise: str) -> tuple[str, ...]:
    """The languages of a sheet's headers; values are in the first."""
    return Manner.model_validate_json(state.manner).languages if state.manner else (otherwise,)


def _cells(one: Contact) -> list[Raw]:
    return [
        one.shown_name,
        joined(part.address for part in one.emails),
        joined(part.number for part in one.phones),
    ]


def _chosen(t: Translator) -> str:
    return t("The people in it were chosen by hand, or are kept as they were on a day.")


def _tab(segment: Segment, say: Callable[[str], Translator], languages: tuple[str, ...], at: str) -> Tab:
    def said(words: str, **facts: Any) -> dict[str, str]:
        return {language: say(language)(words, **facts) for language in languages}

    titles = {language: say(language)(TITLE, name=segment.name(language)) for language in languages}
    notes = said(NOTE, at=at)
    columns = tuple(
        Column(key, said(words), notes if key == "name" else {}, computed=True, width=480 if key == "why" else 180)
        for key, words in HEADS.items()
    )
    return Tab(f"members:{segment.id}", titles, columns)
