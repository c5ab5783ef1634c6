"""What becomes of a campaign's letters, by the API: how far it is, which are unsure, files for mailers and back."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Query
from pydantic import Field

from perthyn.crm.handing import FORMS
from perthyn.model import Message
from perthyn_web.api.campaigns import whole
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes, file_response
from perthyn_web.api.shapes import RECEIPT, Day, Flag, Given, Id, page_of, receipt, shape, told
from perthyn_web.files import TYPES

routes = Routes("returns")
PROGRESS = told("CampaignProgress", "How many letters are in each state.", state=str, letters=dict[str, int])
LETTER = shape(Message)
SETTLED = told("LettersSettled", "How many letters are settled.", count=int, receipt=RECEIPT)
RESULTS = told(
    "MailerResults", "What a file said: rows, what was noted, what was known before, addresses that got no letter.",
    rows=int, noted=dict[str, int], before=int, unknown=list[str], receipt=RECEIPT | None,
)  # fmt: skip


_PLAIN = re.compile(r"[\w ()+,&'-][\w .()+,&'-]{0,199}\.[a-z0-9]{1,8}")
"""Names that every system takes."""


class LettersIn(Given):
    """What became of letters: of those `unknown` they went out or are to go again; of `refused` ones, to go again."""

    which: Literal["unknown", "refused"] = "unknown"
    became: Literal["sent", "again"]
    letters: Annotated[list[Id], Field(min_length=1, max_length=10_000)] | None = Field(
        None, description="Their ids; all of them without."
    )


class HandOverIn(Given):
    """What kind of file. `again`: those who were in a file before, once more; nothing is noted."""

    form: Literal["labels", "letters", "mailchimp", "dotdigital", "csv"]
    again: Flag = False


@routes.get("/campaigns/{id}/progress", "campaign.read", PROGRESS)
def progress(asked: Asked, id: UUID) -> Any:
    """How many letters have gone, wait, are held ..."""
    one = asked.crm.campaign(id.hex)
    return {"state": one.state, "letters": dict(asked.crm.progress(one))}


@routes.get("/campaigns/{id}/unsettled", "campaign.send", page_of(LETTER))
def unsettled(
    asked: Asked, id: UUID, which: Literal["unknown", "refused"] = "unknown", cursor: Cursor = "", limit: Limit = 50
) -> Any:
    """The letters of which nobody knows whether they went, or those that were refused for good."""
    one = asked.crm.campaign(id.hex)
    found = asked.crm.unknown(one) if which == "unknown" else asked.crm.refused(one)
    return numbered(found, cursor, limit, lambda line: asked.crm.seen(line).plain())


@routes.post("/campaigns/{id}/settle", "campaign.send", SETTLED)
def settled(asked: Asked, id: UUID, body: LettersIn) -> Any:
    """Say what became of them. Those that are to go again do so by themselves."""
    crm, one = asked.crm, whole(asked, id)
    lines = crm.unknown(one) if body.which == "unknown" else crm.refused(one)
    if body.letters is not None:
        chosen = set(body.letters)
        lines = [line for line in lines if line.id in chosen]
    done = crm.resolve(one, lines, body.became == "sent")
    if body.became == "again":
        crm.send_soon(whole(asked, id))
    return {"count": len(lines), "receipt": receipt(done)}


@routes.post(
    "/campaigns/{id}/file",
    "contact.export",
    None,
    kinds=tuple(sorted({TYPES[one.suffix].partition(";")[0] for one in FORMS.values()})),
)
def handed_over(asked: Asked, id: UUID, body: HandOverIn) -> Any:
    """A file for whoever prints or sends the letters. A draft's people are worked out now; whoever is in it is noted
    as handed over. With a key it is not kept: ask with `again` for a lost file.
    """
    one, suffix = whole(asked, id), FORMS[body.form].suffix
    folder = Path(tempfile.mkdtemp(prefix="perthyn-"))
    try:
        file = folder / f"{one.code}-{body.form}{suffix}"
        asked.crm.hand_over(one, body.form, file, again=body.again)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return file_response(file, TYPES[suffix], file.name, lambda: shutil.rmtree(folder, ignore_errors=True))


@routes.post("/campaigns/{id}/results", "consent.write", RESULTS, file=True)
def results(
    asked: Asked,
    id: UUID,
    name: Annotated[str, Query(min_length=1, max_length=200, description="What the file is called: `bounced.csv`.")],
    body: Annotated[bytes, Body(media_type="application/octet-stream")],
    says: Annotated[
        Literal["", "hard", "soft", "unsubscribed", "complained", "clicked"],
        Query(description="What every row says; without it each row says it itself."),
    ] = "",
    on: Annotated[Day | None, Query(description="When it happened; without it, now.")] = None,
    try_only: Annotated[bool, Query(description="Only look; nothing is noted.")] = False,
) -> Any:
    """Take in what a mailer says of the letters, once each; an unsubscription counts at once."""
    one = whole(asked, id)
    last = Path(name.replace("\\", "/")).name
    with tempfile.TemporaryDirectory(prefix="perthyn-") as folder:
        file = Path(folder) / (last if _PLAIN.fullmatch(last) else f"results{Path(last).suffix[:10]}")
        file.write_bytes(body)
        done = asked.crm.take_results(one, file, says=says, on=on, dry_run=try_only)
    return {"rows": done.rows, "noted": dict(done.noted), "before": done.before, "unknown": list(done.unknown),
            "receipt": receipt(done.receipt)}  # fmt: skip
