"""Secrets: passwords and keys, which stand in the environment, in a file of their own or in the keyring.

One is asked for by the section it belongs to and its name: ``("tickets.castle", "key")`` is ``key`` of the account
*castle* of *tickets*. It is looked for in this order:

- ``PERTHYN_TICKETS__CASTLE__KEY`` in the environment;
- ``key`` under ``[tickets.castle]`` in ``perthyn.secrets`` beside ``perthyn.toml``, a file that only its owner reads;
- the keyring, where the package of that name is installed: service ``perthyn:`` and the folder, name
  ``tickets.castle.key``.

``perthyn.toml`` is shown, copied and sent to others: a secret in it is refused.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from perthyn.errors import PerthynError
from perthyn.house import table
from perthyn.settings import variable, write_whole

FILE = "perthyn.secrets"
"""The file beside ``perthyn.toml`` that holds passwords and keys, in the same form."""


def secrets_of(
    folder: Path, environ: Mapping[str, str], sections: Mapping[str, Mapping[str, Any]]
) -> Callable[[str, str], str]:
    """What answers (section, name) with the secret, "" where nobody has given it; nothing is read before it is asked.

    `sections`: of ``perthyn.toml``. The answer raises `PerthynError`: ``secret.misplaced`` for one that stands there,
    ``secret.readable`` for a file that others can read, ``secret.unreadable`` for one that is no TOML.
    """

    def secret(section: str, name: str) -> str:
        given = environ.get(variable(section, name))
        if given:
            return given
        if table(sections, section).get(name) not in (None, ""):
            raise PerthynError("secret.misplaced", section=section, name=name, folder=str(folder))
        return _in_file(folder / FILE, section, name) or _in_keyring(folder, section, name)

    return secret


def none_in_training(section: str, name: str) -> str:
    """What a training copy is answered with. Raises `PerthynError` (``training.closed``)."""
    raise PerthynError("training.closed")


def keep_secret(folder: Path, section: str, name: str, value: str) -> Path:
    """Write a secret into the folder's file, which only its owner can read afterwards; "" takes it out.

    Raises `PerthynError` (``settings.unwritable``; ``secret.unreadable`` for a file that is no TOML, left as it is).
    """
    import tomlkit

    file = folder / FILE
    _read(file)
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8") if file.exists() else "")
        held: Any = document
        for step in section.split("."):
            held = held.setdefault(step, tomlkit.table())
        if value:
            held[name] = value
        else:
            held.pop(name, None)
        write_whole(file, tomlkit.dumps(document), secret=True)
    except OSError as error:
        raise PerthynError("settings.unwritable", file=str(file), why=str(error)) from error
    return file


def _in_file(file: Path, section: str, name: str) -> str:
    if not file.exists():
        return ""
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise PerthynError("secret.readable", path=str(file))
    found = table(_read(file), section).get(name, "")
    return str(found) if isinstance(found, str | int) else ""


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as content:
            return tomllib.load(content)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        line = str(error).partition("(")[2].rstrip(")")  # what stands there is a secret: only where is told
        raise PerthynError("secret.unreadable", path=str(file), where=line or type(error).__name__) from None


def _in_keyring(folder: Path, section: str, name: str) -> str:
    if importlib.util.find_spec("keyring") is None:
        return ""
    import keyring

    with suppress(keyring.errors.KeyringError):  # no keyring runs on this machine
        return keyring.get_password(f"perthyn:{folder.resolve()}", f"{section}.{name}") or ""
    return ""
