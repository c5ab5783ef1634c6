"""The credentials that an organisation keeps beside ``perthyn.toml``, as they lie there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from perthyn.errors import PerthynError
from perthyn_sheets.config import TOKEN, Config


@dataclass(frozen=True, slots=True)
class Key:
    """What a credentials file holds. `kind`: a service account's key, or the secret of an OAuth client.

    `email`: the service account's address, "" for a client.
    """

    file: Path
    kind: Literal["account", "client"]
    content: Mapping[str, Any]

    @property
    def email(self) -> str:
        """The address to share a sheet with, "" where a person signs in."""
        return str(self.content.get("client_email", "")) if self.kind == "account" else ""


def read_key(config: Config, folder: Path) -> Key:
    """The credentials file, understood.

    Raises `PerthynError`: ``sheets.credentials.`` missing, broken, web, token, other.
    """
    file = folder / config.credentials
    try:
        content = read(file)
    except FileNotFoundError:
        raise PerthynError("sheets.credentials.missing", file=str(file)) from None
    except (OSError, ValueError) as error:
        raise PerthynError("sheets.credentials.broken", file=str(file), reason=str(error)) from error
    if content.get("type") == "service_account":
        return Key(file, "account", _whole(file, content, ("client_email", "private_key", "token_uri")))
    if isinstance(content.get("installed"), dict):
        _whole(file, content["installed"], ("client_id", "client_secret", "auth_uri", "token_uri"))
        return Key(file, "client", content)
    if "web" in content:
        raise PerthynError("sheets.credentials.web", file=str(file))
    if content.get("type") == "authorized_user":
        raise PerthynError("sheets.credentials.token", file=str(file))
    raise PerthynError("sheets.credentials.other", file=str(file))


def token_file(key: Key) -> Path:
    """Where the token of the person who signed in is kept: beside the secret of the client."""
    return key.file.with_name(TOKEN)


def read(file: Path) -> dict[str, Any]:
    """What stands in a JSON file, {} where it is no object. Raises OSError, ValueError."""
    content = json.loads(file.read_text(encoding="utf-8-sig"))
    return content if isinstance(content, dict) else {}


def _whole(file: Path, content: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    for name in names:
        if not isinstance(content.get(name), str):
            raise PerthynError("sheets.credentials.broken", file=str(file), reason=name)
    return content
