"""A full house: an organisation that has at least one record of every type, each text of it as a test wishes.

What an actor may not see is told by the marks in `MARKS`: words and numbers that stand nowhere else.
"""

from __future__ import annotations

import io
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from perthyn.changes import Create
from perthyn.model import (
    Address,
    Campaign,
    Consent,
    Contact,
    Custom,
    CustomField,
    Email,
    ExternalId,
    Inbound,
    Interaction,
    Job,
    Membership,
    Message,
    Obtained,
    Phone,
    Piece,
    Problem,
    Record,
    Redirect,
    Relationship,
    Role,
    Screening,
    Segment,
    Setting,
    Suppression,
    Tag,
    Takings,
)
from perthyn.model.ids import named_id
from perthyn_donations import records as donations
from perthyn_donations.plans import Plan
from perthyn_tickets.catalogue import Listed
from perthyn_web.accounts import records as accounts
from perthyn_web.accounts import sessions
from perthyn_web.accounts.records import Role as OwnRole
from perthyn_web.accounts.records import User, role_id, user_id
from perthyn_web.api.records import KeptAnswer
from perthyn_web.desk.records import Pin, Tablet
from perthyn_web.intake import keeping
from perthyn_web.records_views import SavedView
from perthyn_web.webhooks.records import Hook, Told

from .conftest import Site, opened

ROOT = UUID("5f9d1c5e-5b1e-4a4e-8a53-0c7c1f0c7a11")
THEN = datetime(2026, 3, 5, 11, 20, tzinfo=UTC)
DAY = date(2026, 3, 5)
Word = Callable[[str], str]
"""The text that a field holds, by the field's name: ``contact.note``."""

MARKS: dict[str, tuple[str, ...]] = {
    "money.read": ("7154321", "71543.21", "8154329", "81543.29", "2254327", "22543.27", "6354323", "63543.23",
                   "9454321", "94543.21", "5554327", "55543.27", "1754323", "17543.23", "kanarifearian"),
    "donation.read": ("kanarirhodd",),
    "note.read": ("kanarinodyn",),
    "note.private": ("kanaripreifat",),
    "raw.read": ("kanariamrwd",),
    "child.read": ("2019-04-07", "7 April 2019", "7 Ebrill 2019", "13-17", "13–17"),
    "job.read": ("kanarigorchwyl",),
    "inbound.read": ("kanarimewnol",),
    "user.read": ("kanaritabled", "kanaridyfais"),
    "web.hooks": ("kanaribachyn",),
    "import.read": ("kanariffeil",),
    "campaign.read": ("kanarillythyr",),
    "segment.read": ("kanarisegment",),
}  # fmt: skip
"""By the right that seeing it needs: what nobody without the right is ever sent."""
NEVER = ("kanarihash", "kanarinonce", "kanariallwedd")
"""What nobody is sent, whatever they may."""


def id_of(name: str) -> UUID:
    """The id of a thing of the house."""
    return uuid5(ROOT, name)


def marked(field: str) -> str:
    """The text of a field, with the mark of the right that seeing it needs."""
    return MARKED.get(field, field.rpartition(".")[2])


MARKED = {
    "contact.note": "kanarinodyn y cyswllt",
    "interaction.text": "kanarinodyn sylw",
    "interaction.private": "kanaripreifat",
    "interaction.raw": json.dumps({"cell": "kanariamrwd"}),
    "donation.subject": "kanarirhodd", "donation.event": "kanarirhodd dydd", "donation.site": "kanarirhodd safle",
    "donation.campaign": "kanarirhodd ymgyrch", "donation.channel": "kanarirhodd sianel",
    "donations.word": "kanarirhodd", "problem.raw": "kanariamrwd", "problem.fact": "kanariamrwd",
    "custom.money": "kanarifearian", "custom.note": "kanaripreifat",
    "job.facts": json.dumps({"file": "kanarigorchwyl"}), "job.why": "kanarigorchwyl",
    "inbound.why": "kanarimewnol", "tablet.name": "kanaritabled", "session.device": "kanaridyfais",
    "hook.by": "kanaribachyn", "campaign.letter": "kanarillythyr {first_name}", "campaign.subject": "kanarillythyr",
    "segment.name": "kanarisegment",
}  # fmt: skip


def people(word: Word) -> Iterator[Record]:
    """Somebody with everything, a child of theirs, a twin, a company."""
    custom = (Custom(name="own.shirt", text=word("custom.plain")), Custom(name="own.wealth", text=word("custom.money")),
              Custom(name="own.talk", text=word("custom.note")))  # fmt: skip
    yield Contact(
        id=id_of("mair"), name=word("contact.name"), title=word("contact.title"), given=word("contact.given"),
        family=word("contact.family"), salutation=word("contact.salutation"),
        emails=(Email(address="mair@example.org", preferred=True),), phones=(Phone.of("01244 537037"),),
        addresses=(Address(lines=word("address.lines"), town=word("address.town"), county=word("address.county"),
                           postcode="LL57 2DG", country=word("address.country")),),
        language="cy", language_asked=DAY,
        roles=(Role(role="member", level=word("role.level"), start=DAY),),
        relationships=(Relationship(kind=word("relationship.kind"), other=id_of("ifan"), start=DAY),),
        tags=(Tag(tag=word("contact.tag")),), custom=custom,
        external_ids=(ExternalId(source="shop:main", external=word("contact.external")),),
        note=word("contact.note"),
    )  # fmt: skip
    yield Contact(
        id=id_of("ifan"), given="Ifan", family="Plentyn", age_band="13-17", age_noted=date(2019, 4, 7),
        relationships=(Relationship(kind="parent", other=id_of("mair"), start=DAY),),
    )  # fmt: skip
    yield Contact(id=id_of("twin"), given="Mair", family="Efell", emails=(Email(address="mair@example.org"),))
    yield Contact(id=id_of("company"), kind="organisation", name=word("contact.company"))
    yield Redirect(id=id_of("merged"), to=id_of("mair"))


def happened(word: Word) -> Iterator[Record]:
    """What happened, to them and to nobody."""

    def at(name: str, kind: str, prefix: str = "interaction", **more: Any) -> Interaction:
        return Interaction(
            id=id_of(name), contact=id_of("mair"), kind=kind, day=DAY, at=THEN, source="shop:main", source_id=name,
            channel=word(f"{prefix}.channel"), site=word(f"{prefix}.site"), event=word(f"{prefix}.event"),
            event_type=word(f"{prefix}.event_type"), campaign=word(f"{prefix}.campaign"), order="1",
            subject=word(f"{prefix}.subject"), text=word("interaction.text"), private=word("interaction.private"),
            raw=word("interaction.raw"), **more,
        )  # fmt: skip

    yield at("visit", "visit", party_size=3)
    yield at("purchase", "purchase", amount=7154321, currency="GBP", quantity=2)
    yield at("note", "note")
    yield at("donation", "donation", "donation", amount=8154329, currency="GBP")
    yield at("pledge", "pledge", "donation", amount=2254327, currency="GBP")
    yield Takings(id=id_of("takings"), kind="purchase", day=DAY, amount=6354323, currency="GBP",
                  subject=word("interaction.subject"), text=word("interaction.text"))  # fmt: skip


def permission(word: Word) -> Iterator[Record]:
    """What was said about being contacted."""
    mair = id_of("mair")
    yield Consent(id=id_of("consent"), contact=mair, channel="email", decision="given", at=THEN, recorded=THEN,
                  how=word("consent.how"), by=word("consent.by"), wording=word("consent.wording"),
                  wording_version=word("consent.version"), evidence=word("consent.evidence"))  # fmt: skip
    yield Obtained(id=id_of("obtained"), contact=mair, channel="email", address="mair@example.org", at=THEN,
                   whom="person", connection="sale", recorded=THEN, how=word("obtained.how"), by=word("obtained.by"),
                   evidence=word("obtained.evidence"))  # fmt: skip
    yield Screening(id=id_of("screening"), contact=mair, list="tps", address="+441244537037", checked=THEN, hit=True,
                    reference=word("screening.reference"), recorded=THEN, by=word("screening.by"))  # fmt: skip
    yield Suppression(id=id_of("suppression"), address_hash="kanarihash", channel="email", why="erased", recorded=THEN)


def letters(word: Word) -> Iterator[Record]:
    """Segments and campaigns."""
    yield Segment(id=id_of("hand"), name_en=word("segment.name"), name_cy=word("segment.name"), mode="hand")
    yield Membership(id=id_of("membership"), contact=id_of("mair"), segment=id_of("hand"), since=THEN)
    written = {f"{part}_{language}": word(f"campaign.{part}") for part in ("name", "subject", "letter")
               for language in ("cy", "en")}  # fmt: skip
    yield Campaign(id=id_of("draft"), code="draft", segment=id_of("hand"), cost=9454321, currency="GBP", made=THEN,
                   by=word("campaign.by"), **written)  # fmt: skip
    yield Campaign(id=id_of("gone"), code="gone", segment=id_of("hand"), state="sent", rule="{}", frozen_on=DAY,
                   cost=5554327, currency="GBP", made=THEN, **written)  # fmt: skip
    yield Message(id=id_of("message"), contact=id_of("mair"), campaign=id_of("gone"), channel="email", state="sent",
                  address="mair@example.org", rule="consent", sent=THEN, reply=word("message.reply"))  # fmt: skip


def house(word: Word, now: datetime) -> Iterator[Record]:
    """What there is besides people."""
    yield CustomField(id=id_of("shirt"), name="own.shirt", label_en=word("field.label"), label_cy=word("field.label"))
    yield CustomField(id=id_of("wealth"), name="own.wealth", label_en="Wealth", right="money.read")
    yield CustomField(id=id_of("talk"), name="own.talk", label_en="Talk", right="note.private")
    yield Setting(id=id_of("setting"), name="test.key", value=json.dumps("kanariallwedd"))
    yield Problem(id=id_of("refused"), code="row.refused", where=word("problem.where"), row=7,
                  column=word("problem.column"), raw=word("problem.raw"), at=THEN,
                  facts=json.dumps({"file": "till.csv", "row": 7, "value": word("problem.fact")}))  # fmt: skip
    yield Problem(id=id_of("pair"), code="duplicate.possible", contact=id_of("mair"), other=id_of("twin"), at=THEN)
    yield Job(id=id_of("job"), name="channel.fetch", about="email:main", facts=word("job.facts"), state="parked",
              due=now + timedelta(days=900), attempts=3, code="store.busy", why=word("job.why"))  # fmt: skip
    yield Inbound(id=id_of("inbound"), channel="shop", account="main", event="1", path="/in/shop/main", came=now,
                  body=_packed(b"kanarimewnol"), state="parked", code="web.broken",
                  why=word("inbound.why"))  # fmt: skip
    yield Listed(id=id_of("listed"), source="pretix:plas", source_id="1", says="{}")
    yield SavedView(id=id_of("view everybody"), name_en=word("view.name"), name_cy=word("view.name"),
                    query="town=Bangor")  # fmt: skip


def giving(word: Word) -> Iterator[Record]:
    """What the donations' plugin keeps."""
    mair, said = id_of("mair"), word("donations.word")
    yield Plan(id=id_of("plan"), contact=mair, amount=1754323, currency="GBP", started=DAY, fund=said)
    yield donations.Gift(id=id_of("gift"), contact=mair, interaction=id_of("donation"), fund=said, benefit=1754323)
    yield donations.Declaration(id=id_of("declaration"), contact=mair, day=DAY, covers="both", how="written",
                                given=said, family=said, house=said, address=said, wording=said, evidence=said,
                                charity=said)  # fmt: skip
    yield donations.Claim(id=id_of("claim"), name=said, at=THEN, by=said, until=DAY, files=1, lines=1, amount=8154329,
                          sha256="0" * 64)  # fmt: skip
    yield donations.ClaimLine(id=id_of("line"), contact=mair, claim=id_of("claim"), interaction=id_of("donation"),
                              day=DAY, amount=8154329, given=said, family=said)  # fmt: skip
    yield donations.Kept(id=id_of("kept"), claim=id_of("claim"), day=DAY, amount=8154329, family=said, until=DAY)


def coming_in(word: Word, now: datetime) -> Iterator[Record]:
    """Users, tablets, hooks: those who come in, and what is told to others."""

    def user(name: str, role: str, shown: str = "") -> User:
        return User(id=user_id(name), sign_in=name, name=shown or name.title(), role=role, made=now,
                    password="kanarihash", totp="kanarinonce", recovery=json.dumps(["kanarihash"]))  # fmt: skip

    yield OwnRole(id=role_id("Counting"), en="Counting", cy="Cyfrif", rights="report.read report.send")
    yield OwnRole(id=role_id("Door"), en="Door", cy="Drws", rights="contact.read")
    yield user("other", "volunteer", word("user.name"))
    yield accounts.Token(id=id_of("token"), name=word("token.name"), rights="contact.read", made=now,
                         expires=now + timedelta(days=9))  # fmt: skip
    yield accounts.Session(
        id=id_of("session"), user=user_id("other"), device=word("session.device"), made=now, seen=now
    )
    yield accounts.Invitation(id=id_of("invitation"), purpose="user", user=user_id("other"), by="x", expires=now)
    yield accounts.Failures(id=id_of("failures"), times="[]")
    yield Tablet(id=id_of("tablet"), name=word("tablet.name"), made=now, seen=now)
    yield Pin(id=named_id(f"web.pin\x1f{user_id('other')}"), user=user_id("other"), hash="kanarihash")
    yield SavedView(id=id_of("view other"), name_en=word("view.other"), query="town=Bangor", whose=user_id("other"))
    yield KeptAnswer(id=id_of("answer"), asked="x", made=now)
    yield Hook(id=id_of("hook"), address="https://hooks.example.org/kanaribachyn", events="*", by=word("hook.by"),
               rights="contact.read", nonce="kanarinonce", made=now)  # fmt: skip
    yield Told(id=id_of("told"), hook=id_of("hook"), event="contact.changed", made=now, state="failed",
               why="kanaribachyn", body=_packed(b'{"type": "kanaribachyn"}'))  # fmt: skip


def _packed(body: bytes) -> tuple[Piece, ...]:
    return (Piece(number=1, text=b64encode(zlib.compress(body)).decode("ascii")),)


def furnish(site: Site, word: Word = marked) -> None:
    """Bring everything into an empty house."""
    now = site.crm.clock()
    with site.desks() as crm:
        for some in (people(word), happened(word), permission(word), letters(word), house(word, now), giving(word),
                     coming_in(word, now)):  # fmt: skip
            crm.commit(map(Create, some), reason="furnished")
        crm.add_segment("Big gifts", "Rhoddion mawr", "donations at least 1")
        keeping.bring(crm, f"{word('import.file')}.csv", io.BytesIO(_file(word)))


def _file(word: Word) -> bytes:
    heads = ["Name", "Email", word("import.column")]
    cells = [word("import.name"), "x@example.org", word("import.cell")]
    return "".join(
        ",".join('"' + one.replace('"', '""') + '"' for one in row) + "\n" for row in (heads, cells)
    ).encode()


MARKED |= {"import.file": "kanariffeil", "import.column": "kanariffeil", "import.cell": "kanariffeil"}


@contextmanager
def full_house(folder: Path, word: Word = marked, toml: str = "", organisation: str = "Plas Newydd") -> Iterator[Site]:
    """An organisation that has everything."""
    folder.mkdir(parents=True, exist_ok=True)
    told = f"organisation = {json.dumps(organisation)}\ntraining = true\n{toml}"
    (folder / "perthyn.toml").write_text(told, encoding="utf-8")
    with opened(folder, create=True) as site:
        furnish(site, word)
        yield site


def rights_of(site: Site, role: str) -> frozenset[str]:
    """The rights of a role, own ones too, as the app has them."""
    from perthyn_web.accounts.rights import rights_of as of

    with site.desks() as crm:
        return of(crm, role)


def begun(site: Site, name: str, role: str) -> str:
    """The cookie of somebody who is signed in."""
    with site.desks() as crm:
        there = crm.store.get(User, [user_id(name)]).get(user_id(name))
        if there is None:
            there = User(id=user_id(name), sign_in=name, name=name.title(), role=role, made=crm.clock())
            crm.commit([Create(there)], kind="setting")
        return sessions.begin(crm, there, "browser", "a test")
