"""What a role may: those of perthyn itself, and the organisation's own."""

from __future__ import annotations

from collections.abc import Mapping

from perthyn.crm import Crm
from perthyn_web.accounts.records import Role, role_id

ROLES: Mapping[str, frozenset[str]] = {
    "administrator": frozenset({"*"}),
    "volunteer": frozenset({"contact.read"}),
}


def rights_of(crm: Crm, role: str) -> frozenset[str]:
    """The rights of a role by its name; none for one that is not there (any more)."""
    if role in ROLES:
        return ROLES[role]
    id = role_id(role)
    own = crm.store.get(Role, [id]).get(id)
    return frozenset((own.rights or "").split()) if own is not None else frozenset()
