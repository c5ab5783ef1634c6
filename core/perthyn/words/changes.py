"""Changes in words: what was done, and what each field held before and holds now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perthyn.changes import Header, JournalLine
from perthyn.model import Contact, Part, Record, plain
from perthyn.text import Translator, phrase
from perthyn.words.records import label, named, value

if TYPE_CHECKING:
    from perthyn.crm import Crm

DID = {
    "edit": phrase("Changed by hand"),
    "import": phrase("Imported"),
    "channel": phrase("Came in"),
    "merge": phrase("Joined"),
    "apart": phrase("Kept apart"),
    "undo": phrase("Taken back"),
    "erase": phrase("Erased"),
    "setting": phrase("Set"),
    "restore": phrase("Restored"),
    "segment": phrase("Segment changed"),
    "campaign": phrase("Campaign changed"),
    "problem": phrase("Settled"),
    "screening": phrase("Held against a list"),
    "sheet": phrase("Changed in the Google Sheet"),
    "gift_aid": phrase("Gift Aid claim"),
    "work": phrase("Done by itself"),
}
WHY_KEPT = {
    "changed": phrase("changed later by change {by}"),
    "carried": phrase("the plugin that knows it is not here"),
    "rests": phrase("something later rests on it (change {by})"),
    "never": phrase("a no is never taken back"),
    "gone": phrase("it is no longer there"),
    "there": phrase("it is there already"),
}


def did(t: Translator, header: Header) -> str:
    """What a batch was."""
    if header.kind == "edit" and not (header.edited or header.deleted):
        return t("Added by hand")
    return t(DID[header.kind]) if header.kind in DID else header.kind


def change_lines(crm: Crm, t: Translator, lines: Iterable[JournalLine]) -> list[list[object]]:
    """Journal lines as rows: whose, what, before, now."""
    rows: list[list[object]] = []
    for line in lines:
        kept = crm.store.types[line.type]
        name = named(crm, t, line.type, [line.id])[line.id]
        if line.action == "delete":
            rows.append([line.number, _image_name(t, kept, line) or name, t("Removed"), None, None])
            continue
        record = crm.store.get(kept, [line.id]).get(line.id)
        for path, before in line.before.items():
            now = plain(_at(record, path))
            rows.append([line.number, name, label(t, kept, path), value(t, before), value(t, now)])
    return rows


def _at(record: Record | None, path: str) -> Any:
    if record is None:
        return None
    found = record.value_at(path)
    return dict(found) if isinstance(found, Part) else found


def _image_name(t: Translator, type: type[Record], line: JournalLine) -> str:
    try:
        record = type.model_validate(dict(line.before))
    except ValueError:
        return ""
    return record.shown_name if isinstance(record, Contact) else ""
