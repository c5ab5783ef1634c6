"""Who may come in, what they may do, and tokens for other systems, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from perthyn.crm.roles import roles_of
from perthyn.model.values import plain
from perthyn_web.accounts import invitations, rights, tokens, users
from perthyn_web.accounts.records import Role, Token, User
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import Flag, Given, Instant, page_of, told

routes = Routes("users")
Named = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$")]
RightName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z_]+(\.[a-z_]+)*$")]
Rights = Annotated[list[RightName], Field(max_length=200)]
USER = told(
    "User", "Somebody who may come in.",
    id=UUID, sign_in=str, name=str, role=str, language=str | None, made=Instant, last=Instant | None,
    disabled=Instant | None, second_step=bool,
)  # fmt: skip
INVITED = told("Invited", "A user, and the address by which they choose a password; shown once.", user=USER, link=str)
ROLE = told("Role", "A role, and what it may.", name=str, name_cy=str | None, own=bool, rights=list[str])
ROLES = told("Roles", "All roles.", items=list[ROLE])  # type: ignore[valid-type]
RIGHT = told("Right", "One thing that somebody may do or see.", name=str, label=str, group=str)
RIGHTS = told("Rights", "Every right there is.", items=list[RIGHT])  # type: ignore[valid-type]
TOKEN = told(
    "Token", "What another system signs in with.",
    id=UUID, name=str, user=UUID | None, rights=list[str], made=Instant, expires=Instant, last=Instant | None,
    ended=Instant | None, counts=bool,
)  # fmt: skip
MADE = told("TokenMade", "A new token: `secret` is shown this once.", token=TOKEN, secret=str)


class UserIn(Given):
    """A new user, who is sent a link."""

    sign_in: Named
    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = ""
    role: Named
    language: Literal["cy", "en"] | None = None


class UserEdit(Given):
    """What is to change."""

    name: Named | None = None
    role: Named | None = None
    language: Literal["cy", "en"] | None = None
    disabled: Flag | None = None


class ResetIn(Given):
    """Whether the second step is taken away too: their phone is lost."""

    second_step: Flag = False


class RoleIn(Given):
    """What an own role may, and its Welsh name."""

    name_cy: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = ""
    rights: Rights


class TokenIn(Given):
    """A new token; without rights it only reads."""

    name: Named
    rights: Rights = Field(default_factory=list)
    days: Annotated[int, Field(ge=1, le=365, strict=True)] = 365


@routes.get("/users", "user.read", page_of(USER))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Who may come in."""
    return numbered(users.users(asked.crm), cursor, limit, _user)


@routes.post("/users", "user.write", INVITED, 201, secret=True)
def added(asked: Asked, body: UserIn) -> Any:
    """Let somebody in."""
    made, token = users.make(asked.crm, body.sign_in, body.name, body.role, body.language or "")
    return _invited(asked, made, token)


@routes.get("/users/{id}", "user.read", USER)
def user(asked: Asked, id: UUID) -> Any:
    """One of them."""
    return _user(users.user(asked.crm, id))


@routes.patch("/users/{id}", "user.write", USER)
def edited(asked: Asked, id: UUID, body: UserEdit) -> Any:
    """Change somebody's name, role or language; disable them, or let them in again."""
    crm = asked.crm
    language = (body.language or "") if "language" in body.model_fields_set else None
    users.edit(crm, id, name=body.name or "", role=body.role or "", language=language)
    if body.disabled is not None:
        (users.disable if body.disabled else users.enable)(crm, id)
    return _user(users.user(crm, id))


@routes.post("/users/{id}/reset", "user.write", INVITED, secret=True)
def reset(asked: Asked, id: UUID, body: ResetIn) -> Any:
    """Have somebody choose a new password."""
    token = users.reset(asked.crm, id, second_step=body.second_step)
    return _invited(asked, users.user(asked.crm, id), token)


@routes.get("/roles", "user.read", ROLES)
def roles(asked: Asked) -> Any:
    """All roles, and what each may."""
    ours = [{"name": name, "own": False, "rights": sorted(may)} for name, may in roles_of(asked.crm.rights()).items()]
    return {"items": ours + [_role(one) for one in rights.own_roles(asked.crm)]}


@routes.put("/roles/{name}", "user.write", ROLE)
def role_set(asked: Asked, name: Named, body: RoleIn) -> Any:
    """Make an own role, or change what it may."""
    return _role(rights.set_role(asked.crm, name, body.name_cy, frozenset(body.rights)))


@routes.delete("/roles/{name}", "user.write")
def role_removed(asked: Asked, name: Named) -> Any:
    """Take an own role away."""
    rights.remove_role(asked.crm, name)
    return None


@routes.get("/rights", "user.read", RIGHTS)
def all_rights(asked: Asked) -> Any:
    """Every right there is, in a sentence each."""
    return {"items": [{"name": one.name, "label": asked.t(one.label), "group": one.group}
                      for one in asked.crm.rights()]}  # fmt: skip


@routes.get("/tokens", "user.read", page_of(TOKEN))
def listed_tokens(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """All tokens, those that count first."""
    return numbered(tokens.tokens(asked.crm), cursor, limit, lambda one: _token(asked, one))


@routes.post("/tokens", "user.write", MADE, 201, secret=True)
def token_made(asked: Asked, body: TokenIn) -> Any:
    """Make a token, which never opens more than its maker may."""
    made, shown = tokens.new_token(asked.crm, body.name, frozenset(body.rights), body.days, asked.person.id)
    return {"token": _token(asked, made), "secret": shown}


@routes.delete("/tokens/{id}", "user.write")
def token_ended(asked: Asked, id: UUID) -> Any:
    """End a token, from the next request on."""
    tokens.end_token(asked.crm, id)
    return None


def _user(one: User) -> dict[str, Any]:
    names = ("id", "sign_in", "name", "role", "language", "made", "last", "disabled")
    return {name: plain(getattr(one, name)) for name in names} | {"second_step": one.totp is not None}


def _invited(asked: Asked, one: User, token: str) -> dict[str, Any]:
    base = str(asked.request.base_url).removesuffix("/").removesuffix("/api")
    return {"user": _user(one), "link": base + invitations.path(token)}


def _role(one: Role) -> dict[str, Any]:
    return {"name": one.en, "name_cy": one.cy, "own": True, "rights": (one.rights or "").split()}


def _token(asked: Asked, one: Token) -> dict[str, Any]:
    found = {name: plain(getattr(one, name)) for name in ("id", "name", "user", "made", "expires", "last", "ended")}
    return found | {"rights": one.rights.split(), "counts": tokens.counts(asked.crm, one)}
