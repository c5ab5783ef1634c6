"""The API of donations: gifts of a person, declarations, what Gift Aid can be claimed on, claims and their files.

Imported only where FastAPI is installed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path as File
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse

from perthyn.crm import Crm
from perthyn.crm.since import NOTHING, Changed, check_match, holds, tag_of
from perthyn.errors import Unknown
from perthyn.model import Interaction
from perthyn.text import Translator
from perthyn_donations import declaring
from perthyn_donations.aid_pages import SHOWN, sort_of
from perthyn_donations.api_shapes import (
    ClaimIn,
    ClaimOut,
    ClaimPlan,
    Claims,
    ConfirmIn,
    Day,
    DeclarationIn,
    DeclarationOut,
    Declarations,
    EndIn,
    GiftEdit,
    GiftIn,
    GiftNoted,
    GiftOut,
    Gifts,
    SentIn,
    Standing,
    Thanked,
    ThankedIn,
)
from perthyn_donations.books import Judged, books, books_now, take_up, tax
from perthyn_donations.claim_pages import SHEET
from perthyn_donations.claims import files, marked, planned, record
from perthyn_donations.gifts import note_gift, noted_of
from perthyn_donations.giving import give, thanked, to_thank
from perthyn_donations.records import Claim, Declaration
from perthyn_donations.words import why, wording

NOTED = ("fund", "nature", "benefit", "normal", "claimed_by", "credit", "pledge", "refund_of")
IfMatch = Annotated[
    str, Header(alias="If-Match", max_length=1000, description="The `ETag` of what is changed: not if it has changed.")
]
_SHOWN = {"ready": "", **{name: name for name in SHOWN if name}}


# -- gifts -----------------------------------------------------------------------------------------------------------


def gifts_of(crm: Crm, id: UUID) -> Gifts:
    """The gifts of somebody, the newest first."""
    one = crm.look_up(id)
    crm.note("contact.seen", ids=[one.id])
    t = _t(crm)
    return Gifts(items=[_gift(t, each) for each in reversed(books(crm, [one.id]).gifts)])


def record_gift(crm: Crm, id: UUID, body: GiftIn) -> GiftNoted:
    """Record a gift of somebody, once for each `key`."""
    told = body.model_dump(exclude={"key"}, exclude_none=True)
    noted = ("fund", "nature", "benefit", "pledge")
    details: dict[str, Any] = {name: told.pop(name) for name in noted if name in told}
    if details.get("nature") == "gift":
        del details["nature"]
    made, _, receipt = give(crm, crm.look_up(id), told, details, body.key)
    return GiftNoted(id=made.id, contact=made.contact, day=made.day, amount=made.amount or 0,
                     batch=receipt.batch if receipt else None)  # fmt: skip


def gift_of(crm: Crm, id: UUID, response: Response) -> GiftOut:
    """One gift. Its ETag is of what is noted of it: send that as If-Match to change it."""
    one = _one_gift(crm, id)
    told = _answer(crm, one, response)
    crm.shows([one.contact])
    crm.note("contact.seen", ids=[one.contact])
    return told


def edit_gift(crm: Crm, id: UUID, body: GiftEdit, response: Response, if_match: IfMatch = "") -> GiftOut:
    """Note what a gift is, what it is for and whom it is counted for; null takes away what was noted.

    With `If-Match`, not where anything noted of it has changed since.
    """
    crm.check("money.read")
    one = _one_gift(crm, id)
    noted = noted_of(crm, one)
    if noted is not None:
        check_match(crm, if_match, noted)
    elif if_match and not holds(if_match, NOTHING):
        raise Changed(one.id, [])
    told = body.model_dump(exclude_unset=True)
    if told.get("credit"):
        told["credit"] = crm.look_up(told["credit"]).id
    if "nature" in told and told["nature"] is None:
        told["nature"] = "gift"
    if told:
        note_gift(crm, one, told)
    return _answer(crm, one, response)


def _one_gift(crm: Crm, id: UUID) -> Interaction:
    one = crm.store.get(Interaction, [id]).get(id)
    if one is None or not crm.sees(one):
        raise HTTPException(404)
    return one


def _answer(crm: Crm, one: Interaction, response: Response) -> GiftOut:
    judged = next((each for each in books(crm, [one.contact]).gifts if each.gift.id == one.id), None)
    if judged is None:
        raise HTTPException(404)
    response.headers["etag"] = tag_of(crm, judged.details) if judged.details else NOTHING
    return _gift(_t(crm), judged)


def gifts_to_thank(crm: Crm) -> Gifts:
    """Gifts of the last 90 days whose givers have not been thanked since, the oldest first; 500 at most."""
    t = _t(crm)
    return Gifts(items=[_gift(t, one) for one in to_thank(crm)[:500]])


def say_thanked(crm: Crm, body: ThankedIn) -> Thanked:
    """Note that people have been thanked today."""
    people = list(dict.fromkeys(crm.look_up(id).id for id in body.contacts))
    receipt = thanked(crm, people, body.how)
    return Thanked(count=len(people), batch=receipt.batch if receipt else None)


def _gift(t: Translator, one: Judged) -> GiftOut:
    gift, details = one.gift, one.details
    noted = {name: getattr(details, name) for name in NOTED} if details else {}
    return GiftOut(
        id=gift.id, contact=gift.contact, day=gift.day, amount=gift.amount or 0, currency=gift.currency or "GBP",
        net=one.net, claimed=one.claimed, eligible=one.verdict.yes, rule=one.verdict.rule, why=why(t, one.verdict)[0],
        **noted,
    )  # fmt: skip


# -- declarations ----------------------------------------------------------------------------------------------------


def declarations_of(crm: Crm, id: UUID) -> Declarations:
    """The declarations of somebody, and how they ended."""
    one = crm.look_up(id)
    crm.note("contact.seen", ids=[one.id])
    found = declaring.declarations(crm, one.id)
    return Declarations(items=[_declaration(one) for one in found])


def declare(crm: Crm, id: UUID, body: DeclarationIn) -> DeclarationOut:
    """Write down a declaration of somebody; the same once more is not written down again."""
    said = body.model_dump(exclude={"day"}, exclude_none=True)
    said.setdefault("wording", wording(crm, body.language or crm.language))
    made, _ = declaring.declare(crm, crm.look_up(id), body.day, **said)
    return _declaration(made)


def confirm(crm: Crm, id: UUID, body: ConfirmIn) -> Declarations:
    """Note that the written confirmation of somebody's spoken declarations was sent; they count 30 days later."""
    one = crm.look_up(id)
    declaring.to_confirm(crm, one)
    declaring.confirm(crm, one, body.day)
    return declarations_of(crm, id)


def end(crm: Crm, id: UUID, body: EndIn) -> DeclarationOut:
    """Write down that declarations of somebody ended, or that one was a mistake."""
    one = crm.look_up(id)
    found = {each.id: each for each in declaring.declarations(crm, one.id)}
    if body.declaration is not None and body.declaration not in found:
        raise Unknown("giftaid.end.unknown", name=body.declaration.hex[-6:], suggestion="")
    which = found[body.declaration] if body.declaration else None
    return _declaration(declaring.end(crm, one, body.why, body.day, which)[0])


def _declaration(one: Declaration) -> DeclarationOut:
    told = DeclarationOut.model_validate(dict(one))
    return told if one.said == "made" else told.model_copy(update={"covers": None})


# -- Gift Aid --------------------------------------------------------------------------------------------------------


def standing(crm: Crm) -> Standing:
    """How much can be claimed now, and of how many gifts there is a declaration."""
    held = books_now(crm)
    ready = [one for one in held.gifts if one.open > 0]
    amount, taken = sum(one.open for one in ready), take_up(held.gifts)
    return Standing(gifts=len(ready), amount=amount, tax=tax(amount), over_claimed=held.over_claimed,
                    take_up=taken.count, of=taken.of_count)  # fmt: skip


def gifts(
    crm: Crm,
    show: Annotated[Literal["ready", "mend", "no", "claimed"], Query(description="Which gifts.")] = "ready",
    cursor: Annotated[str, Query(max_length=100, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 50,
) -> Gifts:
    """Gifts that can be claimed on, that want something put right, that can't be claimed on, or were claimed."""
    found = [one for one in reversed(books_now(crm).gifts) if sort_of(one) == _SHOWN[show]]
    places = {one.gift.id.hex: at for at, one in enumerate(found)}
    start = places[cursor] + 1 if cursor in places else 0
    shown = found[start : start + limit]
    t = _t(crm)
    last = shown[-1].gift.id.hex if start + limit < len(found) else None
    return Gifts(items=[_gift(t, one) for one in shown], next=last)


def plan(
    crm: Crm, until: Annotated[Day | None, Query(description="Gifts up to this day; without it, today.")] = None
) -> ClaimPlan:
    """What a claim would hold; nothing is recorded."""
    found = planned(crm, until)
    many = sum(len(place.gifts) for place in found.places)
    return ClaimPlan(until=found.until, gifts=many, amount=found.amount, tax=tax(found.amount), held=len(found.held),
                     over_claimed=found.over_claimed, files=found.places[-1].file if found.places else 0)  # fmt: skip


def claims(crm: Crm) -> Claims:
    """The claims, and what has become of them."""
    return Claims(items=[_claim(one) for one in reversed(books_now(crm).claims)])


def make_claim(crm: Crm, body: ClaimIn) -> ClaimOut:
    """Record a claim; take its files next."""
    made, _ = record(crm, body.name, body.until, body.aggregate, expected=body.expected)
    return _claim(made)


def claim_file(crm: Crm, id: UUID, number: Annotated[int, Path(ge=1, le=1000)]) -> Response:
    """One of HMRC's spreadsheets of a claim."""
    one = _one_claim(crm, id)
    found = files(crm, one)
    if number > len(found):
        raise HTTPException(404)
    crm.note("contact.exported", count=one.lines, of="gift_aid", now=True)
    return Response(found[number - 1][1], media_type=SHEET)


def claim_sent(crm: Crm, id: UUID, body: SentIn) -> ClaimOut:
    """Note that HMRC has it."""
    marked(crm, _one_claim(crm, id).name, sent=body.day)
    return _claim(_one_claim(crm, id))


def claim_dropped(crm: Crm, id: UUID) -> ClaimOut:
    """Note that it will never be sent: all in it can be claimed again."""
    marked(crm, _one_claim(crm, id).name, drop=True)
    return _claim(_one_claim(crm, id))


def _one_claim(crm: Crm, id: UUID) -> Claim:
    one = crm.store.get(Claim, [id]).get(id)
    if one is None:
        raise HTTPException(404)
    return one


def _claim(one: Claim) -> ClaimOut:
    return ClaimOut.model_validate(dict(one))


# -- as FastAPI has them ---------------------------------------------------------------------------------------------

READ, WRITE, CLAIM = "donation.read", "gift_aid.write", "gift_aid.claim"
_PERSON, _CLAIM = "/contacts/{id}", "/gift-aid/claims/{id}"
ROUTES: tuple[tuple[str, str, str, Callable[..., Any], int], ...] = (
    ("GET", f"{_PERSON}/gifts", READ, gifts_of, 200),
    ("POST", f"{_PERSON}/gifts", READ, record_gift, 201),
    ("GET", f"{_PERSON}/declarations", READ, declarations_of, 200),
    ("POST", f"{_PERSON}/declarations", WRITE, declare, 201),
    ("POST", f"{_PERSON}/declarations/confirm", WRITE, confirm, 200),
    ("POST", f"{_PERSON}/declarations/end", WRITE, end, 201),
    ("GET", "/gifts/{id:uuid}", READ, gift_of, 200),
    ("PATCH", "/gifts/{id:uuid}", WRITE, edit_gift, 200),
    ("GET", "/gifts/to-thank", READ, gifts_to_thank, 200),
    ("POST", "/gifts/thanked", READ, say_thanked, 201),
    ("GET", "/gift-aid", READ, standing, 200),
    ("GET", "/gift-aid/gifts", READ, gifts, 200),
    ("GET", "/gift-aid/plan", CLAIM, plan, 200),
    ("GET", "/gift-aid/claims", READ, claims, 200),
    ("POST", "/gift-aid/claims", CLAIM, make_claim, 201),
    ("GET", f"{_CLAIM}/files/{{number}}", CLAIM, claim_file, 200),
    ("POST", f"{_CLAIM}/sent", CLAIM, claim_sent, 200),
    ("POST", f"{_CLAIM}/drop", CLAIM, claim_dropped, 200),
)
"""(method, path, right, view, status)."""


def router(may: Callable[[str], Any]) -> APIRouter:
    """The routes; `may(right)` is what gives each its `Crm`."""
    made = APIRouter(tags=["donations"])
    for method, path, right, view, status in ROUTES:
        binary = {200: {"content": {SHEET: {"schema": {"type": "string", "format": "binary"}}}}}
        file = view is claim_file
        made.add_api_route(
            path, _endpoint(view, may(right)), methods=[method], status_code=status,
            summary=(view.__doc__ or "").partition("\n")[0], operation_id=f"donations_{view.__name__}",
            response_model_exclude_none=True, responses=binary if file else None,  # type: ignore[arg-type]
            response_class=Response if file else JSONResponse,
        )  # fmt: skip
    return made


def _endpoint(view: Callable[..., Any], may: Any) -> Callable[..., Any]:
    """The view, whose `crm` comes from the dependency."""
    signature = inspect.signature(view, eval_str=True)
    lent = Depends(may, scope="function")
    given = [
        one.replace(annotation=Any, default=lent, kind=one.KEYWORD_ONLY) if one.name == "crm"
        else one.replace(kind=one.KEYWORD_ONLY)
        for one in signature.parameters.values()
    ]  # fmt: skip

    @wraps(view)
    def endpoint(**values: Any) -> Any:
        return view(**values)

    endpoint.__signature__ = signature.replace(parameters=given)  # type: ignore[attr-defined]
    return endpoint


def _t(crm: Crm) -> Translator:
    return _translator(crm.language, tuple(crm.plugins.offer("offer_locale")))


@cache
def _translator(language: str, catalogues: tuple[File, ...]) -> Translator:
    return Translator(language, catalogues)
