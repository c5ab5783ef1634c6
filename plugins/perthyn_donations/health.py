"""What `perthyn doctor` and `perthyn handover` say of Gift Aid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perthyn.store import Store
from perthyn_donations.declaring import unconfirmed
from perthyn_donations.eligibility import complete
from perthyn_donations.records import Claim, Declaration, Kept

Check = tuple[bool | None, str, dict[str, Any]]


def checks(store: Store) -> Iterator[Check]:
    """What waits for a person, and what is kept of those who were erased; nothing where nothing is."""
    ended = {one.declaration for one in store.scan(Declaration) if one.said == "voided"}
    made = [one for one in store.scan(Declaration) if one.said == "made" and one.id not in ended]
    if waiting := sum(map(unconfirmed, made)):
        yield None, "giftaid.health.waiting", {"count": waiting}
    if lacking := sum(not complete(one) for one in made):
        yield None, "giftaid.health.incomplete", {"count": lacking}
    unsent = sorted(one.name for one in store.scan(Claim) if one.sent is None and one.dropped is None)
    if unsent:
        yield None, "giftaid.health.unsent", {"files": ", ".join(unsent)}
    if kept := store.count_of(Kept):
        yield True, "giftaid.health.kept", {"count": kept}


def handover(store: Store) -> list[dict[str, tuple[str, str]]]:
    """The last claim, and what to do next; nothing where none was made."""
    claims = sorted((one for one in store.scan(Claim) if one.dropped is None), key=lambda one: one.at)
    if not claims:
        return []
    last = claims[-1]
    files, until = last.name, f"{last.until:%d/%m/%Y}"
    sent = f"{last.sent:%d/%m/%Y}" if last.sent else "–"
    return [
        {
            "en": (
                "Gift Aid",
                f"The last claim is {files}: gifts until {until}, sent to HMRC on {sent}. Who holds the charity's "
                "HMRC account has to be handed over too. The next claim: perthyn giftaid claim --dry-run",
            ),
            "cy": (
                "Rhodd Cymorth",
                f"Yr hawliad diwethaf yw {files}: rhoddion hyd {until}, anfonwyd at CThEF: {sent}. Rhaid trosglwyddo "
                "hefyd pwy sydd â chyfrif CThEF yr elusen. Yr hawliad nesaf: perthyn giftaid claim --dry-run",
            ),
        }
    ]
