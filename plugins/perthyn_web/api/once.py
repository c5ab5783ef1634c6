"""Once: a request with an ``Idempotency-Key`` is done once, and answered the same whenever it comes again.

The key is written down before anything is done: of two at once one does it. Where it was refused, nothing was done, and
the key is free again. Where the process died between doing and noting, nobody knows: the key stays taken, and says so.
An answer that holds a secret is shown once and never kept: the same request again is told so.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable

from starlette.responses import Response

from perthyn.changes import Create, Delete, Edit
from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Piece
from perthyn.model.ids import named_id
from perthyn.screens import Person
from perthyn_web.accounts.noting import keep
from perthyn_web.api.records import KEPT, KeptAnswer

PIECE = 48_000
"""Characters of a piece of a body; a text of a record ends at 50,000."""


def answered(
    crm: Crm, person: Person, key: str, asked: str, do: Callable[[], Response], secret: bool = False
) -> Response:
    """The answer to a request: what `do` answers, or has answered before. `secret`: nothing is kept of what it says.

    Raises `PerthynError` (``api.key.other`` for the key of another request, ``api.key.busy`` while it is being done,
    ``api.key.shown`` where the answer was a secret).
    """
    claim = claimed(crm, person, key, asked)
    if isinstance(claim, Response):
        return claim
    try:
        response = do()
    except PerthynError:
        free(crm, claim)
        raise
    keep_answer(crm, claim, response, secret)
    return response


def claimed(crm: Crm, person: Person, key: str, asked: str) -> KeptAnswer | Response:
    """The key written down, for whoever is to do it; or what was answered before. Raises as `answered`."""
    id = named_id(f"web.answer\x1f{person.session}\x1f{key}")
    claim = KeptAnswer(id=id, asked=asked, made=crm.clock())
    while True:
        there = crm.store.get(KeptAnswer, [id]).get(id)
        if there is not None and crm.clock() - there.made < KEPT:
            return _before(there, asked)
        try:
            keep(crm, [*([Delete(there)] if there else []), Create(claim)], KeptAnswer.type_name)
            return claim
        except (Conflict, Unknown):
            if crm.store.get(KeptAnswer, [id]).get(id) is None:
                raise


def free(crm: Crm, claim: KeptAnswer) -> None:
    """Nothing was done: the key may be used again."""
    keep(crm, [Delete(claim)], KeptAnswer.type_name)


def keep_answer(crm: Crm, claim: KeptAnswer, response: Response, secret: bool = False) -> None:
    """Note what was answered; nothing of a file, which is made anew."""
    is_file = not isinstance(getattr(response, "body", None), bytes)
    keep(crm, [Delete(claim) if is_file else _noted(claim, response, secret)], KeptAnswer.type_name)


def _before(there: KeptAnswer, asked: str) -> Response:
    if there.asked != asked:
        raise PerthynError("api.key.other")
    if not there.status:
        raise PerthynError("api.key.busy", seconds=1)
    if not there.body:
        raise PerthynError("api.key.shown")
    body = zlib.decompress(b64decode("".join(one.text for one in sorted(there.body, key=lambda one: one.number))))
    headers = {"idempotency-replayed": "true"} | ({"etag": there.etag} if there.etag else {})
    return Response(body, there.status, headers, "application/json" if body else None)


def _noted(claim: KeptAnswer, response: Response, secret: bool) -> Edit:
    if secret:
        return Edit(claim.type_name, claim.id, {"status": (0, response.status_code)})
    text = b64encode(zlib.compress(bytes(response.body))).decode("ascii")
    pieces = [Piece(number=n, text=text[i : i + PIECE]) for n, i in enumerate(range(0, len(text), PIECE), 1)]
    values = {f"body[{one.key}]": (None, one) for one in pieces}
    etag = response.headers.get("etag")
    return Edit(claim.type_name, claim.id, {"status": (0, response.status_code), "etag": (None, etag), **values})
