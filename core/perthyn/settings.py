"""Settings: ``perthyn.toml`` and the environment, as one frozen record."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, unquote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from perthyn.errors import PerthynError, why_not
from perthyn.text import nearest

FILE = "perthyn.toml"
DEFAULT_STORE = "sqlite:///perthyn.sqlite"
PASSWORDS = "perthyn.pgpass"
"""The file beside ``perthyn.toml`` that holds servers' passwords, in the form that libpq reads; nobody else may."""
TYPED = {"zone": "settings.zone", "region": "settings.region", "currency": "settings.currency_code"}
"""Settings that people type: what is said of one that can't be."""


LISTS = ("off", "backup_to")
"""Settings of several values; in the environment there are commas between them."""


class Settings(BaseModel):
    """What an organisation sets. `folder` holds ``perthyn.toml``; relative paths count from it.

    `store`: where the records live, as a URL. `zone`: the organisation's time zone. `currency`: ISO 4217. `region`:
    for phone numbers without a country (ISO 3166). `year_starts`: the month its year starts. `off`: plugins left out.
    `backup_to`: public halves of the keys that backups are made for, where the secret ones are kept elsewhere.
    `training`: a copy to practise in, with invented people: nothing leaves it, whatever else is set.
    `sections`: the tables of the file, each for the backend or plugin of that name.
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
    backup_to: tuple[str, ...] = ()
    training: bool = False
    sections: Annotated[dict[str, dict[str, Any]], Field(repr=False)] = {}

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
        """What the store is opened by: `address`, with the file of passwords where there is one for a server."""
        passwords = self.folder / PASSWORDS
        if _on_server(self.store) and not password_in(self.store) and passwords.is_file():
            mark = "&" if "?" in self.store else "?"
            return f"{self.store}{mark}passfile={quote(passwords.resolve().as_posix())}"
        return self.store if password_in(self.store) else self.address

    @property
    def address(self) -> str:
        """The store's URL as it may be shown: a relative SQLite path taken from `folder`, and no password."""
        scheme, separator, path = self.store.partition(":///")
        if scheme == "sqlite" and separator and not Path(path).is_absolute():
            return f"{scheme}:///{(self.folder / path).resolve().as_posix()}"
        return without_password(self.store)

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

    Of a table, ``PERTHYN_SHEETS__CREDENTIALS`` overrides ``credentials`` in ``[sheets]``, and
    ``PERTHYN_TICKETS__CASTLE__ADDRESS`` overrides ``address`` in ``[tickets.castle]``.

    Raises `PerthynError`: ``settings.unreadable``, ``settings.unknown`` (with the nearest known name),
    ``settings.value``, or what `TYPED` has for it.
    """
    read = _read_file(folder / FILE)
    sections = _sections(read, environ)
    values = {name: value for name, value in read.items() if name not in sections}
    known = [name for name in Settings.model_fields if name not in ("folder", "sections")]
    for name in values:
        if name not in known:
            raise PerthynError("settings.unknown", file=str(folder / FILE), name=name, suggestion=nearest(name, known))
    for name in known:
        given = environ.get(f"PERTHYN_{name.upper()}")
        if given:
            values[name] = [part.strip() for part in given.split(",")] if name in LISTS else given
    try:
        return Settings(folder=folder, sections=sections, **values)
    except ValidationError as error:
        raise wrong_setting(error, str(folder / FILE)) from error


def wrong_setting(error: ValidationError, file: str) -> PerthynError:
    """What is wrong with the first of the settings that were read from `file`, or are to be written there."""
    wrong = error.errors()[0]
    name = str(wrong["loc"][0])
    if name in TYPED and isinstance(wrong["input"], str):
        return PerthynError(TYPED[name], file=file, name=name, value=wrong["input"][:80])
    return PerthynError("settings.value", file=file, name=name, why=why_not(wrong))


def _sections(read: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {name: dict(value) for name, value in read.items() if isinstance(value, dict)}
    for name, value in environ.items():
        *tables, last = name.removeprefix("PERTHYN_").split("__")
        if name.startswith("PERTHYN_") and tables and all(tables) and last and value:
            within: dict[str, Any] = found
            for one in tables:
                inner = _named(within, one)
                within[inner] = _table(within.get(inner))
                within = within[inner]
            within[_named(within, last)] = value
    return found


def _table(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _named(names: Mapping[str, Any], part: str) -> str:
    """The name that a part of a variable stands for: one that is there, else itself in lower case."""
    return next((one for one in names if _as_variable(one) == part), part.lower())


def _as_variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def variable(section: str, name: str) -> str:
    """The name in the environment of a value in a table: ``PERTHYN_TICKETS__CASTLE__KEY``."""
    return "PERTHYN_" + "__".join(map(_as_variable, (*section.split("."), name)))


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

    A password in the store's URL goes to its own file. Raises `PerthynError` (``settings.unwritable``;
    ``settings.unreadable`` for a file that is no TOML, left as it is).
    """
    import tomlkit

    file = folder / FILE
    if file.is_file():
        _read_file(file)
    if "store" in values:
        keep_password(folder, values["store"])
        values = {**values, "store": without_password(values["store"])}
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        _set(document, values)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, tomlkit.dumps(document))
    except OSError as error:
        raise PerthynError("settings.unwritable", file=str(file), why=str(error)) from error
    return file


def _set(table: Any, values: Mapping[str, Any]) -> None:
    """Set values in a table of TOML; of a table within it, only those that are given. None takes one out."""
    for name, value in values.items():
        if isinstance(value, Mapping) and isinstance(table.get(name), dict):
            _set(table[name], value)
        elif value is None:
            table.pop(name, None)
        else:
            table[name] = value


@contextmanager
def settings_tried(folder: Path, values: Mapping[str, Any]) -> Iterator[Path]:
    """Set values as `write_settings` does; where what is done within fails, the file stands as before."""
    file = folder / FILE
    before = file.read_bytes() if file.exists() else None
    if values or before is None:
        write_settings(folder, values)
    try:
        yield file
    except BaseException:
        with suppress(OSError):  # a disk that refuses this too must not hide why
            if before is None:
                file.unlink(missing_ok=True)
            else:
                file.write_bytes(before)
        raise


def write_whole(file: Path, text: str, *, secret: bool = False) -> None:
    """Have a file hold this, or what it held before, whenever the machine stops. Raises `OSError`.

    `secret`: nobody else may read it, on systems where that is said of a file.
    """
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    mode = 0o600 if secret else 0o666
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    if file.exists() and not secret:
        shutil.copymode(file, fresh)
    fresh.replace(file)
    if hasattr(os, "O_DIRECTORY"):  # a name that has changed lasts when its folder has been written, too
        held = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(held)
        finally:
            os.close(held)


# --- passwords of servers ------------------------------------------------------------------------------------


def password_in(url: str) -> str:
    """The password in a server's URL, "" without."""
    if not _on_server(url):
        return ""
    _, secret, _, asked = _pieces(url)
    return unquote(secret) or asked.get("password", "")


def without_password(url: str) -> str:
    """The URL without its password."""
    if not password_in(url):
        return url
    user, _, place, _ = _pieces(url)
    scheme, _, rest = url.partition("://")
    kept = "&".join(one for one in rest.partition("?")[2].split("&") if one and not one.startswith("password="))
    bare = f"{scheme}://{user}@{place}" if "@" in rest.partition("?")[0] else f"{scheme}://{place}"
    return f"{bare}?{kept}" if kept else bare


def keep_password(folder: Path, url: str) -> None:
    """Keep a URL's password, if it has one, in the folder's file of passwords, in the place of an earlier one.

    Raises `PerthynError` (``settings.unwritable``).
    """
    password = password_in(url)
    if not password:
        return
    user, _, place, asked = _pieces(url)
    server, _, name = place.partition("/")
    host, port = _SERVER.fullmatch(server).groups()  # type: ignore[union-attr]  # it takes anything
    parts = (
        host.strip("[]") or asked.get("host"),
        port or asked.get("port"),
        unquote(name) or asked.get("dbname"),
        unquote(user) or asked.get("user"),
    )
    line = ":".join(_escaped(one) if one else "*" for one in parts)
    file = folder / PASSWORDS
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        others = [other for other in lines if not other.startswith(f"{line}:")]
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, "".join(f"{one}\n" for one in (f"{line}:{_escaped(password)}", *others)), secret=True)
    except OSError as error:
        raise PerthynError("settings.unwritable", file=str(file), why=str(error)) from error


_SERVER = re.compile(r"(\[.*\]|[^:]*)(?::(.*))?", re.DOTALL)


def _pieces(url: str) -> tuple[str, str, str, dict[str, str]]:
    """User and password as written, server and database, and what is asked for behind the question mark."""
    head, _, query = url.partition("://")[2].partition("?")
    account, _, place = head.rpartition("@")
    user, _, password = account.partition(":")
    return user, password, place, dict(parse_qsl(query))


def _escaped(text: str) -> str:
    """A field of a passfile (https://www.postgresql.org/docs/current/libpq-pgpass.html)."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _on_server(url: str) -> bool:
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")
