"""Permitting: what people type about permission. A no always counts; a yes never does before somebody confirmed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from perthyn.importing.values_people import yes_no_word
from perthyn.model import Consent, Record, Suppression
from perthyn.text import fold
from perthyn_sheets.cells import Raw, text_of
from perthyn_sheets.columns import Tab
from perthyn_sheets.reading import choice_of
from perthyn_sheets.typed import Typed

WRITE_ONCE = (Consent, Suppression)
"""Types whose rows nobody changes; what was said later is a row of its own."""
REFUSALS = ("refused", "withdrawn", "objected")
NO = frozenset(
    map(
        fold,
        (
            "stop", "stopped", "unsubscribe", "unsubscribed", "opt out", "opted out", "do not contact", "never",
            "peidio", "peidiwch", "wedi peidio", "dad-danysgrifio", "dim", "byth", "gwrthod", "tynnu'n ôl",
        ),
    )
)  # fmt: skip
"""What people write for a no, beside the words for it in the list and in `yes_no_word`."""


def refusing(tab: Tab, cell: Raw) -> bool:
    """Whether a decision typed in a cell reads as a no."""
    column, text = tab.column("decision"), text_of(cell).strip()
    if column is not None and choice_of(column, text) in REFUSALS:
        return True
    return yes_no_word(text) == "no" or fold(text) in NO


def withdrawn(
    tab: Tab, record: Record, diff: Mapping[str, Raw], new_id: Callable[[], UUID], now: datetime
) -> Iterator[Consent]:
    """The withdrawal that was typed over what stood in a row, if it reads as one."""
    if isinstance(record, Consent) and record.decision not in REFUSALS and refusing(tab, diff.get("decision", "")):
        yield Consent(
            id=new_id(),
            contact=record.contact,
            channel=record.channel,
            purpose=record.purpose,
            address=record.address,
            decision="withdrawn",
            recorded=now,
            how="sheet",
            by="sheet",
        )


def permit(tab: Tab, cell: Raw, found: Typed, now: datetime) -> bool:
    """Make what a new row says fit to be kept; answers whether a yes was taken for an unconfirmed one."""
    doubted = False
    if refusing(tab, cell):
        found.wrong[:] = [one for one in found.wrong if one.column != "decision"]
        if found.values.get("decision") not in REFUSALS:
            found.values["decision"] = "withdrawn"
    elif found.values.get("decision") == "given":
        found.values["decision"] = "unconfirmed"
        doubted = True
    found.values.setdefault("recorded", now)
    found.values.setdefault("how", "sheet")
    return doubted
