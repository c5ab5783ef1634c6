"""What both ways to a token share: who comes out of it, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass

AUTH = "https://www.googleapis.com/auth/"
TOKEN_URI = "https://oauth2.googleapis.com/token"
KNOWN_SCOPES = (AUTH, "https://spreadsheets.google.com/feeds", "openid", "email", "profile")


class GrantRefused(Exception):
    """A grant that is refused: `error` and `description` as the token endpoint says them, `code` the HTTP status."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.code = code


@dataclass(frozen=True)
class Caller:
    """Whoever stands behind a request. `app` is the client that a `drive.file` grant is tied to."""

    email: str
    project: str
    app: str
    scopes: frozenset[str]
    service_account: bool


def scoped(text: str) -> frozenset[str]:
    """The scopes that were asked for. Raises GrantRefused when there are none, or such as Google does not have."""
    scopes = frozenset(text.split())
    if not scopes or any(not scope.startswith(KNOWN_SCOPES) for scope in scopes):
        raise GrantRefused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return scopes
