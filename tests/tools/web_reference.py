"""The pages of the reference that say who may do what: each right with the roles that have it, each page's address."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from perthyn.crm.roles import GROUP_TITLES, ROLE_TITLES, known_rights, roles_of
from perthyn.plugins import Plugins
from perthyn.rights import ROLES_THERE_ARE, Right
from perthyn.screens import EVERYBODY, SIGNED_IN, Screen, joined

ROLES_HEAD = """\
What is not ticked is denied. The administrator may do everything and has no column. An organisation makes roles of its
own from the same rights: *Settings, Users, Roles*. How it is built: [rights, roles and the audit
trail](../architecture.md#rights-roles-and-the-audit-trail)."""
WEB_HEAD = """\
Every page of the web app and of the plugins that come with perthyn, with the [right](roles.md) that it asks for. What
a page shows and does is looked at once more, thing by thing: one that opens for somebody still leaves out what they
may not see. A GET changes nothing, but for coming back from Google or Microsoft. `everybody`: needs no signing in;
`signed in`: any role. What stands in braces is chosen.

How to use them: [the web app](../howto/web-app.md). The routes of the [REST API](rest-api.md) ask for the same
rights."""


def roles_page(made: str) -> str:
    """Every right, in its group, with the roles that have it from the start."""
    rights = known_rights(Plugins.find(None))
    roles = roles_of(rights)
    having = [one for one in ROLES_THERE_ARE if one != "administrator"]
    parts = [f"# Who may do what\n\n{made}", ROLES_HEAD]
    for group, title in GROUP_TITLES.items():
        found = [one for one in rights if one.group == group]
        if found:
            heads = f"| | {' | '.join(ROLE_TITLES[one] for one in having)} | right |\n|---|{'---|' * len(having)}---|\n"
            parts += [f"## {title}", heads + _ticked(found, roles, having)]
    return "\n\n".join(parts) + "\n"


def _ticked(rights: Iterable[Right], roles: dict[str, frozenset[str]], having: list[str]) -> str:
    rows = []
    for one in rights:
        ticks = " | ".join("✓" if one.name in roles[role] else "" for role in having)
        rows.append(f"| {one.label.rstrip('.')} | {ticks} | `{one.name}` |")
    return "\n".join(rows)


def web_page(made: str) -> str:
    """Every page's address, what it is and the right that it asks for, by the first part of the address."""
    screens = sorted(joined(Plugins.find(None).offer("offer_screens")).screens, key=_order)
    parts = [f"# The pages of the web app\n\n{made}", WEB_HEAD]
    for area, found in groupby(screens, key=_area):
        rows = "\n".join(f"| `{one.methods[0]} {one.path}` | {_right(one.right)} | {_said(one)} |" for one in found)
        parts += [f"## {area}", f"| | right | what it is |\n|---|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


def _area(one: Screen) -> str:
    return "/" + one.path.split("/")[1]


def _order(one: Screen) -> tuple[str, str, str]:
    return _area(one), one.path, one.methods[0]


def _right(name: str) -> str:
    return {EVERYBODY: "everybody", SIGNED_IN: "signed in"}.get(name, f"`{name}`")


def _said(one: Screen) -> str:
    return (one.view.__doc__ or "").strip().partition("\n")[0].replace("|", "\\|").rstrip(".")
