"""The kinds of `batchUpdate`: each a function of the book, what was asked, and who asks; it returns the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sheets_emulator.book import Book
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.requests import cells, copying, dimensions, guards, looks, ordering, tabs, tags, texts

Kind = Callable[[Book, dict[str, Any], str], dict[str, Any]]

_MODULES = (cells, copying, dimensions, guards, looks, ordering, tabs, tags, texts)
KINDS: Mapping[str, Kind] = {kind: apply for module in _MODULES for kind, apply in module.KINDS.items()}
REPLYING = {  # kinds whose reply is there even when it says nothing
    "deleteDeveloperMetadata", "deleteDimensionGroup", "deleteDuplicates", "findReplace", "trimWhitespace",
    "updateDeveloperMetadata",
}  # fmt: skip


def applied(book: Book, requests: list[dict[str, Any]], caller: str) -> list[dict[str, Any]]:
    """The replies to a batch of requests, all applied or none.

    Raises:
        Refused: there is no request, one makes no sense (its number and kind are named), or the emulator lacks
            its kind (501).
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = []
    with book.atomically():
        for index, request in enumerate(requests):
            replies.append(_one(book, index, request, caller))
    return replies


def _one(book: Book, index: int, request: dict[str, Any], caller: str) -> dict[str, Any]:
    if not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    if len(request) > 1:
        raise invalid(f"Invalid requests[{index}]: Must specify exactly one request kind.")
    ((kind, given),) = request.items()
    apply = KINDS.get(kind)
    if apply is None:
        raise Refused(501, "UNIMPLEMENTED", f"The emulator does not know requests[{index}].{kind}")
    try:
        reply = apply(book, given or {}, caller)
    except Refused as refused:
        text = f"Invalid requests[{index}].{kind}: {refused.message}" if refused.code == 400 else refused.message
        raise Refused(refused.code, refused.status, text, refused.details) from None
    return {kind: reply} if reply or kind in REPLYING else {}
