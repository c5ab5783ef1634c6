"""What the organisation chooses for everybody, plugins, fields of its own, and backups, by the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Path as PathParam
from pydantic import Field
from starlette.responses import FileResponse

from perthyn.crm import Crm
from perthyn.crm.health import LAST_BACKUP, LAST_TRY
from perthyn.crm.since import check_values, tag_of_values
from perthyn.errors import PerthynError
from perthyn.model import CustomField
from perthyn.model.values import Currency, Word
from perthyn.settings import FILE as WRITTEN_IN
from perthyn_web import safekeeping
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Answer, Asked, Routes
from perthyn_web.api.shapes import Flag, Given, Instant, given, page_of, told
from perthyn_web.api.words import in_words
from perthyn_web.pages.settings import ADDRESS, address_of, differs, installed_in, switch

routes = Routes("settings")
FILE = "application/octet-stream"
FIELDS = ("organisation", "language", "zone", "region", "currency", "year_starts")
SETTINGS = told(
    "Settings", "What stands in perthyn.toml for everybody. `restart`: perthyn goes by it from its next start.",
    organisation=str, language=str, zone=str, region=str, currency=str, year_starts=int, address=str | None,
    restart=bool,
)  # fmt: skip
PLUGIN = told(
    "Plugin", "`on`: from the next start; `running`: now; `hooks`: what it does; `broken`: why it does not.",
    name=str, origin=str | None, on=bool, running=bool, fixed=bool, hooks=list[str], broken=str | None,
)  # fmt: skip
PLUGINS = told("Plugins", "All that are installed.", items=list[PLUGIN])  # type: ignore[valid-type]
FIELD = told(
    "OwnField", "A field of people that the organisation, or a plugin, has of its own.",
    name=str, label_en=str, label_cy=str | None, type=str, right=str,
)  # fmt: skip
BACKUP = told("Backup", "A backup: encrypted, it opens with the key only.", name=str, size=int, made=Instant)
DONE = told("BackupDone", "When, and by whom.", at=Instant, by=str | None)
STATE = told(
    "BackupState", "Whether one is being made, why the last try failed, when one was made and when one was tried out.",
    running=bool, code=str | None, words=str | None, last=DONE | None, tried=DONE | None, has_key=bool,
)  # fmt: skip
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$")]


class SettingsEdit(Given):
    """What is to change. `address`: where others reach the app; "" for nowhere."""

    organisation: Word | None = None
    language: Literal["cy", "en"] | None = None
    zone: Line | None = None
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    currency: Currency | None = None
    year_starts: Annotated[int, Field(ge=1, le=12, strict=True)] | None = None
    address: Annotated[str, Field(max_length=300)] | None = None


class PluginIn(Given):
    """Whether it is on from the next start."""

    on: Flag


class FieldIn(Given):
    """What a field is called, what it holds, and who sees it."""

    label_en: Line
    label_cy: Line | None = None
    type: Literal["text", "number", "date"] = "text"
    right: Annotated[str, Field(max_length=100)] = "contact.read"


@routes.get("/settings", "setting.write", SETTINGS, tagged=True)
def settings(asked: Asked) -> Any:
    """What stands in perthyn.toml for everybody."""
    return _settings(asked.crm)


@routes.patch("/settings", "setting.write", SETTINGS, tagged=True)
def edited(asked: Asked, body: SettingsEdit) -> Any:
    """Change it; perthyn goes by it from its next start."""
    crm = asked.crm
    if asked.if_match:
        check_values(asked.if_match, _values(crm), WRITTEN_IN, _written(crm))
    values = {name: value for name, value in given(body, "address").items() if value is not None}
    if body.address is not None:
        address = body.address.strip().rstrip("/")
        if address and not ADDRESS.fullmatch(address):
            raise PerthynError("web.settings.address", address=address)
        values["web"] = {"address": address or None}
    crm.change_settings(values)
    return _settings(crm)


def _settings(crm: Crm) -> Answer:
    values = _values(crm)
    restart = differs(crm.written_settings(), crm.settings)
    return Answer(values | {"restart": restart}, etag=tag_of_values(values))


def _written(crm: Crm) -> datetime:
    """When perthyn.toml was; where there is none (any more), just now."""
    file = crm.settings.folder / WRITTEN_IN
    return datetime.fromtimestamp(file.stat().st_mtime, UTC) if file.is_file() else crm.clock()


def _values(crm: Crm) -> dict[str, Any]:
    now = crm.written_settings()
    return {name: getattr(now, name) for name in FIELDS} | {"address": address_of(now.sections) or None}


@routes.get("/plugins", "setting.write", PLUGINS)
def plugins(asked: Asked) -> Any:
    """What is installed, what each does, which is off."""
    return {"items": [_plugin(one) for one in installed_in(asked.crm)]}


@routes.put("/plugins/{name}", "setting.write", PLUGIN)
def switched(asked: Asked, name: Annotated[str, PathParam(max_length=200)], body: PluginIn) -> Any:
    """Switch one on or off, from the next start."""
    switch(asked.crm, name, on=body.on)
    return next(_plugin(one) for one in installed_in(asked.crm) if one["name"] == name)


def _plugin(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "origin": one["from"] or None, "broken": str(one["broken"]) if one["broken"] else None,
            "hooks": sorted(one["hooks"])}  # fmt: skip


@routes.get("/fields", "contact.read", page_of(FIELD))
def fields(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """The fields that the organisation has of its own, as far as you may see them: what may stand under `custom`."""
    return numbered(asked.crm.custom_fields(), cursor, limit, _field)


@routes.put("/fields/{name}", "setting.write", FIELD)
def declared(asked: Asked, name: Annotated[str, PathParam(max_length=44, pattern=r"^own\.")], body: FieldIn) -> Any:
    """Declare a field `own.something`, or change its labels and who sees it."""
    asked.crm.set_field(name, body.label_en, body.label_cy or "", type=body.type, right=body.right)
    return {"name": name, "label_en": body.label_en, "label_cy": body.label_cy, "type": body.type, "right": body.right}


def _field(one: CustomField) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("name", "label_en", "label_cy", "type", "right")}


@routes.get("/backups", "backup.write", page_of(BACKUP))
def backups(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """The backups that there are, the newest first."""
    return numbered(safekeeping.files(asked.crm), cursor, limit, _backup)


@routes.post("/backups", "backup.write", STATE, 202)
def made(asked: Asked) -> Any:
    """Have one made, by a job."""
    safekeeping.begin(asked.crm)
    return _state(asked)


@routes.get("/backups/state", "backup.write", STATE)
def state(asked: Asked) -> Any:
    """Whether one is being made, and when the last one was made and tried out."""
    return _state(asked)


@routes.get("/backups/{name}", "backup.write", None, kinds=(FILE,))
def backup(asked: Asked, name: Annotated[str, PathParam(max_length=100)]) -> Any:
    """The file itself."""
    return FileResponse(safekeeping.file(asked.crm, name), media_type=FILE, filename=name)


def _backup(one: Path) -> dict[str, Any]:
    about = one.stat()
    return {"name": one.name, "size": about.st_size, "made": datetime.fromtimestamp(about.st_mtime, UTC)}


def _state(asked: Asked) -> dict[str, Any]:
    crm = asked.crm
    keys, job = crm.house.keys() if crm.house.keys else None, safekeeping.waiting(crm)
    return {
        "running": job is not None and not job.code, "has_key": bool(keys and keys.exists()),
        "code": job.code if job else None, "words": in_words(asked.t, job.code) if job and job.code else None,
        "last": _done(crm.remembered(LAST_BACKUP)), "tried": _done(crm.remembered(LAST_TRY)),
    }  # fmt: skip


def _done(told: Any) -> dict[str, Any] | None:
    return {"at": datetime.fromisoformat(told["at"]), "by": told.get("by") or None} if told else None
