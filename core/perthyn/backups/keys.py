"""The keys of an organisation's backups: a file of age identities (https://age-encryption.org/v1), for its owner only.

It lies in the user's own settings folder, so that no backup and no copy of the records carries it. The first key in it
is the one that backups are made for; the others open what was made before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyrage

from perthyn.errors import PerthynError
from perthyn.settings import write_whole
from perthyn.text import fold

KEY = "PERTHYN_BACKUP_KEY"
"""Names another file of keys."""
_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")


def key_file(environ: Mapping[str, str], organisation: str, folder: Path) -> Path:
    """Where an organisation's keys are: in the file named in the environment, else in the user's own settings.

    It is called after the organisation, or after its folder while it has no name here.
    """
    if named := environ.get(KEY):
        return Path(named)
    from platformdirs import user_config_path  # a quarter of what a short command takes

    home = user_config_path("perthyn", appauthor=False)
    names = filter(None, (organisation, folder.resolve().name, "perthyn"))
    files = [home / f"{_file_name(name)}.key" for name in names]
    return next((one for one in files if one.exists()), files[0])


def _file_name(name: str) -> str:
    """A name as that of a file, whatever signs are in it."""
    return re.sub(r"\W+", "-", fold(name), flags=re.ASCII).strip("-")[:60] or "perthyn"


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its public half, which locks, and the secret one, which opens and is never shown by accident."""

    public: str
    secret: str = field(repr=False)

    @property
    def identity(self) -> pyrage.x25519.Identity:
        """The secret half as the library has it."""
        return pyrage.x25519.Identity.from_str(self.secret)


def made_key() -> Key:
    """A new key, from the system's own randomness."""
    return _key(pyrage.x25519.Identity.generate())


def _key(identity: pyrage.x25519.Identity) -> Key:
    return Key(str(identity.to_public()), str(identity))


def recipient(text: str) -> pyrage.x25519.Recipient:
    """The public half of a key. Raises `PerthynError` (``backup.recipient``)."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise PerthynError("backup.recipient", given=text[:80]) from error


def sheet_key(text: str) -> Key:
    """The key typed from a recovery sheet, in groups or not, in any case.

    Its last six letters are a checksum: a slip is noticed. Raises `PerthynError` (``backup.key.mistyped``).
    """
    typed = re.sub(r"[\s–—]", "", text).upper()
    try:
        return _key(pyrage.x25519.Identity.from_str(typed))
    except pyrage.IdentityError as error:
        raise PerthynError("backup.key.mistyped") from error


def groups(secret: str) -> Sequence[str]:
    """A secret key in lines of groups of four that can be read aloud and typed."""
    head, body = secret[: len("AGE-SECRET-KEY-1")], secret[len("AGE-SECRET-KEY-1") :]
    fours = [body[at : at + 4] for at in range(0, len(body), 4)]
    return [head, *(" ".join(fours[at : at + 5]) for at in range(0, len(fours), 5))]


@dataclass(frozen=True, slots=True)
class Keys:
    """The file of keys."""

    file: Path

    def read(self) -> list[Key]:
        """The keys, none without a file.

        Raises `PerthynError`: ``backup.key.open`` for a file that others may read, ``backup.key.unreadable``.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
            shared = os.name != "nt" and self.file.stat().st_mode & 0o077
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise PerthynError("backup.key.unreadable", file=str(self.file)) from error
        if shared:
            raise PerthynError("backup.key.open", file=str(self.file))
        try:
            return [_key(pyrage.x25519.Identity.from_str(one)) for one in _KEY.findall(text)]
        except pyrage.IdentityError as error:
            raise PerthynError("backup.key.unreadable", file=str(self.file)) from error

    def first(self, now: datetime) -> tuple[Key, bool]:
        """The key that backups are made for, and whether it was made just now."""
        held = self.read()
        if held:
            return held[0], False
        self.take(made_key(), now)
        return self.read()[0], True  # as it is in the file: another process may have been first

    def take(self, key: Key, now: datetime) -> None:
        """Put a key first; the others stay. Raises `PerthynError` (``backup.unwritable``)."""
        others = [one for one in self.read() if one != key]
        text = "".join(f"# {now:%Y-%m-%d}\n# public key: {one.public}\n{one.secret}\n" for one in (key, *others))
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self.file, text, secret=True)
        except OSError as error:
            raise PerthynError("backup.unwritable", file=str(self.file), why=error.strerror or str(error)) from error
