"""Settings: ``perthyn.toml`` and the environment, as one frozen record."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from perthyn.errors import PerthynError
from perthyn.text import nearest

FILE = "perthyn.toml"
DEFAULT_STORE = "sqlite:///perthyn.sqlite"


class Settings(BaseModel):
    """What an organisation sets. `folder` holds ``perthyn.toml``; relative paths count from it.

    `store`: where the records live, as a URL. `zone`: the organisation's time zone. `currency`: ISO 4217. `region`:
    for phone numbers without a country (ISO 3166). `year_starts`: the month its year starts. `off`: plugins left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Path(".")
    organisation: str = ""
    store: str = DEFAULT_STORE
    language: Literal["cy", "en", ""] = ""
    zone: str = "Europe/London"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "GBP"
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "GB"
    year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    off: tuple[str, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"no such time zone: {name}") from error
        return name

    @property
    def store_url(self) -> str:
        """The store's URL, with a relative SQLite path taken from `folder`."""
        scheme, separator, path = self.store.partition(":///")
        if scheme == "sqlite" and separator and not Path(path).is_absolute():
            return f"{scheme}:///{(self.folder / path).resolve().as_posix()}"
        return self.store

    @property
    def plugins_folder(self) -> Path:
        """Where an organisation drops plugin files."""
        return self.folder / "plugins"


def find_folder(start: Path) -> Path:
    """The nearest folder upward that holds ``perthyn.toml``, else `start` itself."""
    start = start.resolve()
    return next((one for one in (start, *start.parents) if (one / FILE).is_file()), start)


def read_settings(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a folder; ``PERTHYN_STORE``, ``PERTHYN_ZONE`` ... override the file.

    Raises `PerthynError`: ``settings.unreadable``, ``settings.unknown`` (with the nearest known name),
    ``settings.value``.
    """
    values = _read_file(folder / FILE)
    known = [name for name in Settings.model_fields if name != "folder"]
    for name in values:
        if name not in known:
            raise PerthynError("settings.unknown", file=str(folder / FILE), name=name, suggestion=nearest(name, known))
    for name in known:
        given = environ.get(f"PERTHYN_{name.upper()}")
        if given:
            values[name] = [part.strip() for part in given.split(",")] if name == "off" else given
    try:
        return Settings(folder=folder, **values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise PerthynError(
            "settings.value", file=str(folder / FILE), name=str(wrong["loc"][0]), why=wrong["msg"]
        ) from error


def _read_file(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as content:
            return tomllib.load(content)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PerthynError("settings.unreadable", file=str(file), why=str(error)) from error


def write_settings(folder: Path, values: Mapping[str, Any]) -> Path:
    """Set values in ``perthyn.toml``, keeping what stands there and its comments; the file is replaced whole.

    Raises `PerthynError` (``settings.unwritable``; ``settings.unreadable`` for a file that is no TOML, left as it is).
    """
    import tomlkit

    file = folder / FILE
    if file.is_file():
        _read_file(file)
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        document.update(values)
        folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".toml.new")
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise PerthynError("settings.unwritable", file=str(file), why=str(error)) from error
    return file
