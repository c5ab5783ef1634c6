"""Which column means what: by its name in Welsh or English, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from perthyn.importing.headings import meaning_of
from perthyn.importing.meanings import OWN, reads, repeatable
from perthyn.importing.plans import ColumnPlan, Note
from perthyn.importing.readers import reader_for
from perthyn.importing.values import Cell, as_text
from perthyn.importing.values_people import contact_kind_reader, is_yes_no
from perthyn.model.normal import is_uk_postcode, phone_e164
from perthyn.text import fold

SURE = 0.9
"""The share of a sample that must read as something for a nameless column to be taken for it."""
_LIKELY = 0.5
_ROLES = frozenset(
    fold(word)
    for word in (
        *("member", "aelod", "volunteer", "gwirfoddolwr", "donor", "rhoddwr", "visitor", "ymwelydd", "press"),
        *("y wasg", "vip", "friend", "cyfaill", "trustee", "ymddiriedolwr", "patron", "noddwr", "staff"),
    )
)
_CHECKED = frozenset(("email", "date", "instant", "money", "quantity", "yes_no", "language", "time"))


@dataclass
class Sample:
    """The first rows of a table, column by column, blanks left out."""

    columns: list[list[Cell]]
    today: date
    zone: str

    def share(self, index: int, test: Callable[[str], bool]) -> float:
        """The share of a column's filled cells that pass a test of their text."""
        cells = self.columns[index]
        return sum(map(test, map(as_text, cells))) / len(cells) if cells else 0.0

    def readable(self, index: int, becomes: str) -> float:
        """The share of a column's filled cells that read as this meaning; 1.0 for an empty column."""
        cells = [as_text(cell) if isinstance(cell, bool) else cell for cell in self.columns[index]]
        if not cells:
            return 1.0
        plan = ColumnPlan(index, "", becomes, "", date_order="dmy")
        parsed = reader_for(plan, today=self.today, zone=self.zone).read(cells)
        turned = {"import.date.other_order", "import.date.impossible", "import.date.order_doubtful"}
        poor = {index for index, reason in parsed.wrong.items() if reason[0] not in turned}
        poor |= {index for index, value in enumerate(parsed.values) if value is None and index not in parsed.wrong}
        if reads(becomes) == "yes_no":
            poor = {index for index, cell in enumerate(cells) if not is_yes_no(as_text(cell))}
        return 1 - len(poor) / len(cells)


def plan_columns(headers: Sequence[str], sample: Sample) -> tuple[list[ColumnPlan], list[Note]]:
    """A plan for each column, and what of it could be wrong."""
    plans = [_by_name(index, header) for index, header in enumerate(headers)]
    plans = _in_company(plans, sample)
    notes: list[Note] = []
    for place, plan in enumerate(plans):
        if reads(plan.becomes) in _CHECKED and sample.readable(place, plan.becomes) < _LIKELY:
            notes.append(Note("import.note.column_differs", {"column": plan.header, "name": plan.becomes}))
            plans[place] = replace(plan, becomes="keep", how="unknown", inverted=False)
        elif plan.becomes == "name" and sample.share(place, is_yes_no) > _LIKELY:
            plans[place] = replace(plan, becomes="keep", how="unknown")
    plans = _once(plans, sample)
    plans = _by_content(plans, sample)
    for plan in plans:
        if plan.how == "content":
            notes.append(Note("import.note.column_guessed", {"column": plan.header, "name": plan.becomes}))
    return plans, notes


def _by_name(index: int, header: str) -> ColumnPlan:
    meaning, inverted = (header, False) if OWN.fullmatch(header) else meaning_of(header)
    how = "name" if meaning else "unknown"
    return ColumnPlan(index, header, meaning or "keep", how, inverted=inverted)


def _in_company(plans: list[ColumnPlan], sample: Sample) -> list[ColumnPlan]:
    """Settle the names whose meaning rests on the other columns or on what stands below them."""
    have = {plan.becomes for plan in plans}
    settled = []
    for plan in plans:
        becomes = plan.becomes
        if becomes == "type":
            becomes = _type(plan.index, have, sample)
        elif becomes == "paid":
            becomes = _paid(plan.index, have, sample)
        elif becomes == "from":
            becomes = "keep" if "town" in have else "town"
        elif becomes == "name" and "family" in have and "given" not in have:
            becomes = "given"
        elif becomes == "text" and "date" not in have:
            becomes = "note"
        settled.append(replace(plan, becomes=becomes, how="unknown" if becomes == "keep" else plan.how))
    return settled


def _type(index: int, have: set[str], sample: Sample) -> str:
    if sample.share(index, lambda text: contact_kind_reader().read((text,)).values[0] is not None) >= SURE and (
        not have & {"date", "role_end", "role_start"}
    ):
        return "contact_kind"
    if sample.share(index, lambda text: fold(text) in _ROLES) >= _LIKELY:
        return "role"
    return "kind" if "date" in have and "kind" not in have and "role_end" not in have else "level"


def _paid(index: int, have: set[str], sample: Sample) -> str:
    if sample.share(index, is_yes_no) >= _LIKELY:
        return "keep"
    if "date" not in have and sample.readable(index, "date") >= SURE and sample.readable(index, "amount") < SURE:
        return "date"
    return "amount" if "amount" not in have and sample.readable(index, "amount") >= _LIKELY else "keep"


def _once(plans: list[ColumnPlan], sample: Sample) -> list[ColumnPlan]:
    """Of several columns that claim one meaning, the first that holds anything keeps it."""
    owner: dict[str, int] = {}
    for plan in plans:
        first = owner.get(plan.becomes)
        if first is None or (not sample.columns[first] and sample.columns[plan.index]):
            owner[plan.becomes] = plan.index
    return [
        plan
        if repeatable(plan.becomes) or owner[plan.becomes] == plan.index
        else replace(plan, becomes="keep", how="unknown", inverted=False)
        for plan in plans
    ]


_PHONE = re.compile(r"'?(\+|0)[\d\s().-]{8,}")
_MONEY = re.compile(r"[-(]*[£€$]\s?-?[\d,.]+\)?|[-(]?\d[\d,]*\.\d\d\)?")
_TWO_WORDS = re.compile(r"[^\W\d_a-z][\w.'’-]*(\s+(&|a|ap|ab|[^\W\d_][\w.'’-]*))*\s+[^\W\d_a-z][\w.'’-]*")
_DATED = re.compile(r".*\d.*[^\d].*|\d{8}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def _by_content(plans: list[ColumnPlan], sample: Sample) -> list[ColumnPlan]:
    have = {plan.becomes for plan in plans}
    found = []
    for plan in plans:
        becomes = ""
        if plan.how == "unknown" and not meaning_of(plan.header)[0] and sample.columns[plan.index]:
            becomes = _guess(plan, have, sample)
        if becomes:
            have.add(becomes)
            plan = replace(plan, becomes=becomes, how="content")
        found.append(plan)
    return found


def _guess(plan: ColumnPlan, have: set[str], sample: Sample) -> str:
    index = plan.index
    if "email" not in have and sample.share(index, lambda text: bool(_EMAIL.fullmatch(text))) >= SURE:
        return "email"
    if "postcode" not in have and sample.share(index, is_uk_postcode) >= SURE:
        return "postcode"
    if "phone" not in have and sample.share(index, _is_phone) >= SURE:
        return "phone"
    dated = isinstance(sample.columns[index][0], date) or sample.share(index, lambda text: bool(_DATED.fullmatch(text)))
    if not have & {"date", "event_date"} and dated >= SURE and sample.readable(index, "date") >= SURE:
        return "date"
    if "amount" not in have and sample.share(index, lambda text: bool(_MONEY.fullmatch(text))) >= SURE:
        return "amount"
    nameless = re.fullmatch(r"\([A-Z]+\)", plan.header)
    if (
        nameless
        and not have & {"name", "given", "family"}
        and sample.share(index, lambda text: bool(_TWO_WORDS.fullmatch(text))) >= SURE
    ):
        return "name"
    return ""


def _is_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(text)) and bool(phone_e164(text.lstrip("'")))
