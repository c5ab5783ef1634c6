"""Returns: what came of a campaign; files for whoever sends it instead, and the files that come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from perthyn.contacting.words import CREDITED, LANGUAGE, RESPONSE, TOLD
from perthyn.crm.handing import FORMS
from perthyn.crm.outcome_words import measured, numbers
from perthyn.crm.outcomes import OTHERS, RESPONSES, Part, Report
from perthyn.crm.results import SAID
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Campaign
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, file_name
from perthyn.text import Translator, phrase
from perthyn_web.charts import campaign_chart
from perthyn_web.files import PIECE, TYPES, pieces
from perthyn_web.pages.campaigns import about, known, segments_of

screens = Screens()
FILES = {
    "labels": phrase("Labels: names and addresses, one row for each letter (.csv)"),
    "letters": phrase("Letters to print, one page for each (.html)"),
    "mailchimp": phrase("A list for Mailchimp (.csv)"),
    "dotdigital": phrase("A list for Dotdigital (.csv)"),
    "csv": phrase("A plain list (.csv)"),
}


@screens.get("/campaigns/{id:uuid}/report", "campaign.read")
def report(visit: Visit, id: UUID) -> Reply:
    """Who got it, what came back, what it brought: each number with what it is a share of."""
    one, t = known(visit.crm, id), visit.t
    chosen = visit.query.all("by")
    segments = [each for each in segments_of(visit.crm) if str(each.id) in chosen and not visit.crm.broken(each)]
    found = visit.crm.campaign_report(one, segments)
    languages = {t(LANGUAGE[name]): part for name, part in found.languages.items()}
    parts = {t("others") if name == OTHERS else name: part for name, part in found.segments.items()}
    facts = {
        "report": found, "numbers": list(numbers(t, found)), "response_words": RESPONSE, "responses": RESPONSES[1:],
        "languages": list(_rows(t, found, languages)), "by_segment": list(_rows(t, found, parts)), "chosen": chosen,
        "segments": segments_of(visit.crm), "rule": t(CREDITED, days=one.income_days),
        "kind_words": {kind.name: (kind.cy if t.language == "cy" else kind.en)[1] for kind in visit.crm.kinds()},
        "drawn": campaign_chart(visit.crm, one, t, found),
    }  # fmt: skip
    return Shown("campaigns/report.html", {**about(visit, one), **facts})


@screens.get("/campaigns/{id:uuid}/files", "contact.export")
def files(visit: Visit, id: UUID) -> Reply:
    """What kind of file, for whom; and the file that came back."""
    return _files(visit, known(visit.crm, id))


@screens.post("/campaigns/{id:uuid}/files", "contact.export")
def hand_over(visit: Visit, id: UUID) -> Reply:
    """The file; whoever is in it is noted as handed over."""
    one, form, folder = known(visit.crm, id), visit.form.get("form", ""), TemporaryDirectory()
    try:
        if not form:
            raise PerthynError("campaign.form.needed")
        file = Path(folder.name) / f"{one.code}-{form}{FORMS[form].suffix if form in FORMS else '.csv'}"
        if one.state == "draft" and visit.form.get("agreed") != "yes":
            raise PerthynError("campaign.agreed")
        visit.crm.hand_over(one, form, file, again=visit.form.get("again") == "yes")
    except Forbidden:
        folder.cleanup()
        raise
    except PerthynError as error:
        folder.cleanup()
        place = {"campaign.agreed": "agreed", "campaign.form.needed": "form"}.get(error.code, "")
        return _files(visit, one, {place: error})
    return Sent(pieces(file, folder), TYPES[file.suffix], file.name)


@screens.post("/campaigns/{id:uuid}/returned", "consent.write")
def returned(visit: Visit, id: UUID) -> Reply:
    """What a mailer says of the letters; an unsubscription counts at once."""
    one = known(visit.crm, id)
    upload, says = visit.files.get("file"), visit.form.get("says", "")
    try:
        if upload is None:
            raise PerthynError("campaign.file.needed")
        on = date.fromisoformat(visit.form["on"]) if visit.form.get("on") else None
        with TemporaryDirectory() as folder:
            file = Path(folder) / file_name(upload.name)
            with file.open("wb") as copy:
                while piece := upload.file.read(PIECE):
                    copy.write(piece)
            done = visit.crm.take_results(one, file, says=says, on=on, dry_run=visit.form.get("do") == "try")
    except Forbidden:
        raise
    except (PerthynError, ValueError) as error:
        told = error if isinstance(error, PerthynError) else PerthynError("segment.line.day", value=visit.form["on"])
        return _files(visit, one, {"file": told})
    return _files(visit, one, done=done)


def _files(visit: Visit, one: Campaign, trouble: dict[str, Exception] | None = None, done: Any = None) -> Shown:
    t = visit.t
    forms = [(name, t(FILES[name])) for name, form in FORMS.items() if one.channel in form.channels]
    says = [("", t("Each row says it itself"))] + [(name, t(TOLD[name])) for name in SAID]
    facts: dict[str, Any] = {**about(visit, one), "forms": forms, "says": says, "told": TOLD, "done": done}
    handed = visit.crm.progress(one)["handed"] if one.state != "draft" else 0
    facts |= {"handed": handed, "audience": None, "wrong_now": None, "tried": visit.form.get("do") == "try"}
    if one.state == "draft":
        try:
            facts["audience"] = visit.crm.audience(one)
        except Forbidden:
            raise
        except PerthynError as error:
            facts["wrong_now"] = error
    return Shown("campaigns/files.html", facts, trouble or {})


def _rows(t: Translator, found: Report, parts: dict[str, Part]) -> Iterator[list[str]]:
    for name, part in parts.items():
        told = [
            measured(t, found.delivered(part)),
            *(measured(t, found.response(part, one)) for one in RESPONSES[1:]),
        ]
        money = [t.money(part.total, found.currency)] if found.money else []
        yield [name, t.number(part.sent), *told, *money]
