"""Users: who may come in, what they may do, and which other systems."""

from __future__ import annotations

from uuid import UUID

from perthyn.crm.roles import GROUP_TITLES, ROLE_TITLES, known_rights
from perthyn.errors import PerthynError, Unknown
from perthyn.rights import Right
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn_web.accounts import invitations, signing_in, tokens, users, watching
from perthyn_web.accounts import rights as roles
from perthyn_web.accounts.records import Role, User

screens = Screens()
LANGUAGES: dict[str, users.Language] = {"cy": "cy", "en": "en"}


@screens.get("/users", "user.read")
def listed(visit: Visit) -> Reply:
    """Everybody who may come in."""
    facts = {
        "users": users.users(visit.crm),
        "roles": _roles(visit),
        "policy": signing_in.policy(visit.crm),
        "stopped": watching.stopped(visit.crm) if visit.crm.actor.may("user.write") else [],
    }
    return Shown("accounts/users.html", facts)


@screens.post("/users/second-step", "user.write")
def policy(visit: Visit) -> Reply:
    """Who must have a second step."""
    wanted = [one for one in signing_in.POLICIES if one == visit.form.get("policy")]
    signing_in.set_policy(visit.crm, wanted[0] if wanted else "required")
    return Went("/users", visit.t("It counts from the next sign-in on."))


@screens.get("/users/new", "user.write")
def new(visit: Visit) -> Reply:
    """The form for somebody new."""
    return _form(visit, None)


@screens.post("/users", "user.write")
def add(visit: Visit) -> Reply:
    """Let somebody in."""
    form = visit.form
    wish = LANGUAGES.get(form.get("language", ""), "")
    try:
        made, token = users.make(visit.crm, form.get("sign_in", ""), form.get("name", ""), form.get("role", ""), wish)
    except PerthynError as error:
        return _form(visit, None, error)
    return _link(visit, made, token)


@screens.get("/users/{id:uuid}", "user.read")
def one(visit: Visit, id: UUID) -> Reply:
    """One user."""
    return _form(visit, users.user(visit.crm, id))


@screens.post("/users/{id:uuid}", "user.write")
def edit(visit: Visit, id: UUID) -> Reply:
    """Another name, role or language."""
    form = visit.form
    try:
        now = users.edit(
            visit.crm, id, name=form.get("name", ""), role=form.get("role", ""),
            language=LANGUAGES.get(form.get("language", ""), ""),
        )  # fmt: skip
    except PerthynError as error:
        return _form(visit, users.user(visit.crm, id), error)
    return Went("/users", visit.t("What is known of {name} is changed.", name=now.name))


@screens.post("/users/{id:uuid}/disable", "user.write")
def disable(visit: Visit, id: UUID) -> Reply:
    """Somebody comes in no more."""
    try:
        now = users.disable(visit.crm, id)
    except PerthynError as error:
        return _form(visit, users.user(visit.crm, id), error)
    return Went("/users", visit.t("{name} may come in no more.", name=now.name))


@screens.post("/users/{id:uuid}/enable", "user.write")
def enable(visit: Visit, id: UUID) -> Reply:
    """Somebody comes in again."""
    now = users.enable(visit.crm, id)
    return Went("/users", visit.t("{name} may come in again.", name=now.name))


@screens.post("/users/{id:uuid}/reset", "user.write")
def reset(visit: Visit, id: UUID) -> Reply:
    """A way in for whoever has forgotten a password, or lost a phone."""
    token = users.reset(visit.crm, id, second_step=visit.form.get("second_step") == "yes")
    return _link(visit, users.user(visit.crm, id), token)


# -- roles -----------------------------------------------------------------------------------------------------------


@screens.get("/users/roles", "user.read")
def own_roles(visit: Visit) -> Reply:
    """What each role may do."""
    titles = {name: visit.t(title) for name, title in ROLE_TITLES.items() if name != users.ADMINISTRATOR}
    return Shown("accounts/roles.html", {"own": roles.own_roles(visit.crm), "groups": _groups(visit), "titles": titles})


@screens.get("/users/roles/new", "user.write")
def new_role(visit: Visit) -> Reply:
    """The form for an own role."""
    return _role_form(visit, None)


@screens.get("/users/roles/{id:uuid}", "user.write")
def role(visit: Visit, id: UUID) -> Reply:
    """An own role."""
    return _role_form(visit, _own(visit, id))


@screens.post("/users/roles", "user.write")
def set_role(visit: Visit) -> Reply:
    """Make an own role, or change what it may."""
    form = visit.form
    try:
        en, cy, rights = form.get("en", ""), form.get("cy", ""), frozenset(form.all("rights"))
        made = roles.set_role(visit.crm, en, cy, rights, new=form.get("new") == "yes")
    except PerthynError as error:
        return _role_form(visit, None, error)
    name = made.cy if visit.t.language == "cy" else made.en
    return Went("/users/roles", visit.t("The role {name} is kept.", name=name))


@screens.post("/users/roles/{id:uuid}/remove", "user.write")
def remove_role(visit: Visit, id: UUID) -> Reply:
    """Take an own role away."""
    there = _own(visit, id)
    try:
        roles.remove_role(visit.crm, there.en)
    except PerthynError as error:
        return _role_form(visit, there, error)
    return Went("/users/roles", visit.t("The role is taken away."))


# -- other systems ---------------------------------------------------------------------------------------------------


@screens.get("/users/tokens", "user.read")
def listed_tokens(visit: Visit) -> Reply:
    """The tokens by which other systems come in."""
    found, known = tokens.tokens(visit.crm), known_rights(visit.crm.plugins)
    facts = {"tokens": found, "works": lambda one: tokens.counts(visit.crm, one), "known": known}
    return Shown("accounts/tokens.html", facts)


@screens.get("/users/tokens/new", "user.write")
def new_token(visit: Visit) -> Reply:
    """The form for a new token."""
    return _token_form(visit)


@screens.post("/users/tokens", "user.write")
def add_token(visit: Visit) -> Reply:
    """A new token, shown this once."""
    form = visit.form
    try:
        made, shown = tokens.new_token(
            visit.crm, form.get("name", ""), frozenset(form.all("rights")), form.number("days") or 0, visit.person.id
        )
    except PerthynError as error:
        return _token_form(visit, error)
    return Shown("accounts/token.html", {"token": made, "shown": shown})


@screens.post("/users/tokens/{id:uuid}/end", "user.write")
def end_token(visit: Visit, id: UUID) -> Reply:
    """A token opens nothing any more."""
    tokens.end_token(visit.crm, id)
    return Went("/users/tokens", visit.t("The token opens nothing any more."))


# -- those who looked at too many -----------------------------------------------------------------------------------


@screens.panel("home", "user.write", "accounts/stopped.html", order=10)
def stopped(visit: Visit, view: object) -> dict[str, object] | None:
    """Who was stopped because they looked at far more people than is usual for them."""
    found = watching.stopped(visit.crm)
    return {"stopped": found} if found else None


@screens.post("/users/stopped/{id:uuid}", "user.write")
def decide(visit: Visit, id: UUID) -> Reply:
    """Let them look on today, or leave it at that."""
    allowed = visit.form.get("decided") == "allowed"
    one = watching.decide(visit.crm, id, "allowed" if allowed else "kept")
    t = visit.t
    if allowed:
        return Went("/", t("{name} may look at more people today.", name=one.name))
    return Went("/", t("It stays stopped: {name}", name=one.name))


# -- parts -----------------------------------------------------------------------------------------------------------


def _form(visit: Visit, user: User | None, error: PerthynError | None = None) -> Reply:
    at = {"user.there": "sign_in", "role.unknown": "role", "record.value": "sign_in" if user is None else "name"}
    at["record.long"] = at["record.value"]
    facts = {"user": user, "form": visit.form, "roles": _roles(visit), "mine": user and user.id == visit.person.id}
    return Shown("accounts/user.html", facts, {at.get(error.code, ""): error} if error else {})


def _roles(visit: Visit) -> dict[str, str]:
    """The roles there are, with their titles."""
    own = {one.en: one.cy if visit.t.language == "cy" else one.en for one in roles.own_roles(visit.crm)}
    return {name: visit.t(title) for name, title in ROLE_TITLES.items()} | own


def _groups(visit: Visit) -> list[tuple[str, list[Right]]]:
    """Every right, by what it is about."""
    known = known_rights(visit.crm.plugins)
    return [(visit.t(title), [one for one in known if one.group == name]) for name, title in GROUP_TITLES.items()]


def _own(visit: Visit, id: UUID) -> Role:
    found = next((one for one in roles.own_roles(visit.crm) if one.id == id), None)
    if found is None:
        raise Unknown("role.unknown", name=str(id)[-6:], suggestion="")
    return found


def _role_form(visit: Visit, role: Role | None, error: PerthynError | None = None) -> Reply:
    given = frozenset(visit.form.all("rights")) if error else frozenset((role.rights or "").split() if role else ())
    at = {"role.ours": "en", "role.there": "en", "record.value": "en", "record.long": "en"}
    facts = {"role": role, "form": visit.form, "given": given, "groups": _groups(visit)}
    return Shown("accounts/role.html", facts, {at.get(error.code, ""): error} if error else {})


def _token_form(visit: Visit, error: PerthynError | None = None) -> Reply:
    at = {"token.days": "days", "record.value": "name", "record.long": "name"}
    given = frozenset(visit.form.all("rights")) if error else tokens.reading(visit.crm)
    facts = {"form": visit.form, "given": given, "never": tokens.NEVER, "groups": _groups(visit)}
    return Shown("accounts/new_token.html", facts, {at.get(error.code, ""): error} if error else {})


def _link(visit: Visit, user: User, token: str) -> Reply:
    return Shown("accounts/link.html", {"user": user, "link": visit.base + invitations.path(token)})
