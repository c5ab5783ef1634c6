"""Settings: what the organisation chooses for everybody; plugins, fields of its own, and whether all is well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from perthyn.crm import Crm
from perthyn.crm.health import Check, surroundings
from perthyn.crm.roles import known_rights
from perthyn.entries import entries
from perthyn.errors import PerthynError
from perthyn.model import Contact
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.settings import without_password
from perthyn.text import MONTHS, Translator, fold, phrase

screens = Screens()
screens.entry("/settings", phrase("Settings"), "health.read", icon="settings", order=900)

PAGES = (
    ("/settings/organisation", phrase("Organisation and languages"), "setting.write", "building",
     phrase("Name, language, time zone, year, currency, web address.")),
    ("/users", phrase("Users"), "user.read", "users", phrase("Who may come in, and what they may do.")),
    ("/users/tokens", phrase("Other programs"), "user.read", "key", phrase("Keys by which other programs come in.")),
    ("/settings/webhooks", phrase("Telling other systems"), "web.hooks", "send",
     phrase("Who is told at once of what happens here.")),
    ("/settings/plugins", phrase("Plugins"), "setting.write", "plug", phrase("What is installed, and what it does.")),
    ("/settings/fields", phrase("Fields of your own"), "setting.write", "list-checks",
     phrase("What you note about people beside what perthyn knows.")),
    ("/settings/backups", phrase("Backups"), "backup.write", "archive",
     phrase("Make one, and see when the last was made.")),
    ("/settings/jobs", phrase("What perthyn does by itself"), "job.read", "clock",
     phrase("What is due, what failed, what waits for you.")),
    ("/settings/inbound", phrase("What other systems sent"), "inbound.read", "inbox",
     phrase("As it came, and what could not be read.")),
    ("/settings/audit", phrase("Who did what"), "audit.read", "eye",
     phrase("Who looked at whom, took files out, signed in, was refused.")),
    ("/settings/health", phrase("Is all well?"), "health.read", "shield-check",
     phrase("Everything that perthyn looks at, with what to do.")),
)  # fmt: skip
"""(address, title, right, sign, what is there)."""
DOES = {
    "offer_record_types": phrase("keeps records of its own"),
    "offer_channels": phrase("sends messages, or fetches what is new from elsewhere"),
    "offer_screens": phrase("adds pages"),
    "offer_pages": phrase("shows pages to others"),
    "offer_api": phrase("lets other programs ask"),
    "offer_jobs": phrase("does things by itself"),
    "offer_known_exports": phrase("knows files of other systems"),
    "offer_readers": phrase("reads more kinds of file"),
    "offer_kinds": phrase("adds kinds of things that happen"),
    "offer_measures": phrase("adds words for segments"),
    "offer_rights": phrase("adds rights"),
    "offer_letter_fields": phrase("adds places to fill in letters"),
    "offer_checks": phrase("looks whether all is well"),
    "ask_batch": phrase("may refuse changes"),
    "tell_applied": phrase("is told of every change"),
}
ADDRESS = re.compile(r"https?://[\w.\-\[\]:]+")
"""Of the app itself, as others reach it."""
REQUIRED = "web"
"""The plugin whose page this is."""
TYPES = {"text": phrase("Text"), "number": phrase("Number"), "date": phrase("Date")}
MARKS = {"wrong": ("bad", phrase("wrong")), "todo": ("careful", phrase("to do")), "well": ("good", phrase("well"))}


@screens.get("/settings", "health.read")
def index(visit: Visit) -> Reply:
    """Every page of settings that somebody may open."""
    t, may = visit.t, visit.crm.actor.may
    pages = [(path, t(title), icon, t(about)) for path, title, right, icon, about in PAGES if may(right)]
    found = [one for one in visit.crm.checks() if one.state != "well"]
    return Shown("settings/index.html", {"pages": pages, "waiting": len(found)})


# -- the organisation --------------------------------------------------------------------------------------------


@screens.get("/settings/organisation", "setting.write")
def organisation(visit: Visit) -> Reply:
    """What stands in perthyn.toml for everybody."""
    return _organisation(visit)


@screens.post("/settings/organisation", "setting.write")
def change_organisation(visit: Visit) -> Reply:
    """Write it there."""
    crm, form = visit.crm, visit.form
    address = form.get("address", "").strip().rstrip("/")
    values: dict[str, Any] = {
        "organisation": form.get("organisation", "").strip(),
        "language": form.get("language", ""),
        "zone": form.get("zone", "").strip(),
        "region": form.get("region", "").strip().upper(),
        "year_starts": form.number("year_starts") or 0,
    }
    if "currency" in form:
        values["currency"] = form["currency"].strip().upper()
    if address and not ADDRESS.fullmatch(address):
        return _organisation(visit, {"address": PerthynError("web.settings.address", address=address)})
    if address != address_of(crm.written_settings().sections):
        values["web"] = {"address": address or None}
    try:
        crm.change_settings(values)
    except PerthynError as error:
        return _organisation(visit, {_field_of(error): error})
    return Went("/settings/organisation", visit.t("Saved. It counts when perthyn is started afresh."))


def _organisation(visit: Visit, trouble: Mapping[str, Exception] | None = None) -> Reply:
    crm, t = visit.crm, visit.t
    now = crm.written_settings()
    values = {name: getattr(now, name) for name in ("organisation", "language", "zone", "region", "currency",
                                                    "year_starts")}  # fmt: skip
    values["address"] = address_of(now.sections)
    facts = {
        "values": {**values, **visit.form} if trouble else values,
        "zones": sorted(available_timezones()),
        "months": list(enumerate(MONTHS[t.language], 1)),
        "counted": crm.store.count_of(Contact) > 0,
        "store": without_password(crm.settings.address),
        "restart": differs(now, crm.settings),
    }
    return Shown("settings/organisation.html", facts, trouble or {})


def differs(written: Any, held: Any) -> bool:
    names = ("organisation", "language", "zone", "region", "currency", "year_starts", "off")
    address = address_of(written.sections) != address_of(held.sections)
    return address or any(getattr(written, one) != getattr(held, one) for one in names)


def address_of(sections: Mapping[str, Mapping[str, Any]]) -> str:
    return str(sections.get("web", {}).get("address", ""))


def _field_of(error: PerthynError) -> str:
    return "currency" if error.code == "settings.currency" else str(error.facts.get("name", ""))


# -- plugins ------------------------------------------------------------------------------------------------------


@screens.get("/settings/plugins", "setting.write")
def plugins(visit: Visit) -> Reply:
    """What is installed, what each does, which is off."""
    crm, t = visit.crm, visit.t
    found = [{**one, "does": [t(DOES[hook]) for hook in one["hooks"] if hook in DOES]} for one in installed_in(crm)]
    rights = [one for one in known_rights(crm.plugins) if one.name.split(".")[0] in {one["name"] for one in found}]
    return Shown("settings/plugins.html", {"plugins": found, "rights": [(one.name, t(one.label)) for one in rights]})


def installed_in(crm: Crm) -> list[dict[str, Any]]:
    """The plugins that there are, those that are off too."""
    off = set(crm.written_settings().off)
    loaded = {one.name: one for one in crm.plugins.loaded if one.group in ("perthyn.plugins", "file")}
    installed = {one.name: one.distribution for one in entries() if one.group == "perthyn.plugins"}
    found = []
    for name in sorted({*loaded, *installed, *off}, key=fold):
        one = loaded.get(name)
        found.append({"name": name, "from": one.origin if one else installed.get(name, ""),
                      "hooks": one.hooks if one else (), "broken": one.broken if one else "",
                      "on": name not in off, "running": one is not None, "fixed": name == REQUIRED})  # fmt: skip
    return found


@screens.post("/settings/plugins", "setting.write")
def switch_plugin(visit: Visit) -> Reply:
    """Switch one on or off."""
    switch(visit.crm, visit.form.get("name", ""), on=visit.form.get("to") != "off")
    return Went("/settings/plugins", visit.t("Saved. It counts when perthyn is started afresh."))


def switch(crm: Crm, name: str, *, on: bool) -> None:
    """Have one on or off from the next start. Raises `PerthynError` (``web.settings.plugin``)."""
    off = list(crm.written_settings().off)
    known = {one.name for one in crm.plugins.loaded} | {one.name for one in entries()} | set(off)
    if name not in known or name == REQUIRED:
        raise PerthynError("web.settings.plugin", name=name)
    crm.change_settings({"off": [one for one in off if one != name] + ([] if on else [name])})


# -- fields of one's own ------------------------------------------------------------------------------------------


@screens.get("/settings/fields", "setting.write")
def fields(visit: Visit) -> Reply:
    """The fields that the organisation has of its own."""
    return _fields(visit)


@screens.post("/settings/fields", "setting.write")
def set_field(visit: Visit) -> Reply:
    """Declare one, or change it."""
    form = visit.form
    name = form.get("name", "").strip()
    if not name:
        name = f"own.{re.sub(r'[^a-z0-9]+', '_', fold(form.get('en', ''))).strip('_')[:40]}"
    try:
        visit.crm.set_field(name, form.get("en", ""), form.get("cy", ""), type=form.get("type", "text"),
                            right=form.get("right", "contact.read"))  # fmt: skip
    except PerthynError as error:
        return _fields(visit, {"en": error})
    return Went("/settings/fields", visit.t("The field {field} is saved.", field=form.get("en", "")))


def _fields(visit: Visit, trouble: Mapping[str, Exception] | None = None) -> Reply:
    crm, t = visit.crm, visit.t
    found = crm.custom_fields()
    name = visit.query.get("name", visit.form.get("name", ""))
    chosen = next((one for one in found if one.name == name), None)
    rights = {one.name: t(one.label) for one in known_rights(crm.plugins)}
    seen = ("contact.read", "note.read", "note.private", "money.read", "donation.read")
    facts = {
        "fields": [(one, rights.get(one.right, one.right)) for one in found],
        "chosen": chosen,
        "types": [(one, t(said)) for one, said in TYPES.items()],
        "type_words": {one: t(said) for one, said in TYPES.items()},
        "rights": [(one, rights[one]) for one in seen if one in rights],
    }
    return Shown("settings/fields.html", facts, trouble or {})


# -- whether all is well ------------------------------------------------------------------------------------------


@screens.get("/settings/health", "health.read")
def health(visit: Visit) -> Reply:
    """Everything that is looked at, what is wrong first."""
    t: Translator = visit.t
    found = [*visit.crm.checks(), *surroundings(Path(visit.crm.settings.folder))]
    order = list(MARKS)
    told = []
    for one in sorted(found, key=lambda one: order.index(one.state)):
        wrong, step = t.error(PerthynError(one.code, **{name: _fact(t, one, name) for name in one.facts}))
        kind, word = MARKS[one.state]
        told.append((kind, t(word), wrong, step))
    return Shown("settings/health.html", {"checks": told, "waiting": sum(one[0] != "good" for one in told)})


def _fact(t: Translator, check: Check, name: str) -> Any:
    """A fact of what was looked at: numbers as people write them, and where all is well no way through folders."""
    fact = check.facts[name]
    if type(fact) is int:
        return t.number(fact)
    if check.state == "well" and name in ("address", "folder"):
        return re.split(r"[/\\]", fact.rstrip("/\\"))[-1]
    return fact
