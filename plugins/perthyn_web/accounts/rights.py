"""What a role may: those of perthyn itself, and the organisation's own."""

from __future__ import annotations

from perthyn.changes import Create, Delete
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.crm.roles import EVERYTHING, known_rights, roles_of
from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn.text import fold, nearest
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.records import Role, User, role_id


def rights_of(crm: Crm, role: str) -> frozenset[str]:
    """The rights of a role by its name; none for one that is not there (any more)."""
    known = known_rights(crm.plugins)
    ours = roles_of(known)
    if role in ours:
        return ours[role]
    id = role_id(role)
    own = crm.store.get(Role, [id]).get(id)
    return frozenset((own.rights or "").split() if own else ()) & {one.name for one in known}


def own_roles(crm: Crm) -> list[Role]:
    """The organisation's own roles, by name."""
    crm.check("user.read")
    return sorted(crm.store.scan(Role), key=lambda one: fold(one.en))


def known_role(crm: Crm, role: str) -> str:
    """The role's name as it is kept. Raises `Unknown` (``role.unknown``)."""
    ours = roles_of(known_rights(crm.plugins))
    if role in ours:
        return role
    id = role_id(role)
    own = crm.store.get(Role, [id]).get(id)
    if own is None:
        names = [*ours, *(one.en for one in crm.store.scan(Role))]
        raise Unknown("role.unknown", name=role, suggestion=nearest(role, names))
    return own.en


def check_within(crm: Crm, rights: frozenset[str]) -> None:
    """Nobody gives, or takes from, others what they have not themselves. Raises `Forbidden` (``right.missing``)."""
    if EVERYTHING not in crm.actor.rights:
        for right in sorted(rights - crm.actor.rights):
            raise Forbidden("right.missing", right=right, actor=crm.actor.name)


def set_role(crm: Crm, en: str, cy: str, rights: frozenset[str], *, new: bool = False) -> Role:
    """Make an own role, or change what it may and its Welsh name; it counts from the next request on.

    `new`: it is to be none that is there. Raises `PerthynError`: ``role.ours`` for a name of perthyn's own,
    ``role.there``, ``role.rights`` for a right nobody declares, ``record.value``.
    """
    crm.check("user.write")
    known = known_rights(crm.plugins)
    if fold(en).replace(" ", "_") in roles_of(known):
        raise PerthynError("role.ours", name=en)
    if wrong := sorted(rights - {one.name for one in known}):
        raise PerthynError("role.rights", rights=", ".join(wrong))
    id = role_id(en)
    there = crm.store.get(Role, [id]).get(id)
    if new and there is not None:
        raise Conflict("role.there", name=there.en)
    check_within(crm, rights | (rights_of(crm, en) if there else frozenset()))
    name = there.en if there else en.strip()
    values = {"id": id, "en": name, "cy": cy.strip() or name, "rights": " ".join(sorted(rights))}
    made: Role = checked(Role, values)
    if made != there:
        change = Create(made) if there is None else changed(there, cy=made.cy, rights=made.rights)
        keep(crm, [change], "web.role")
        note(crm, "role.set", role=made.en, rights=made.rights or "")
    return made


def remove_role(crm: Crm, role: str) -> None:
    """Take an own role away. Raises `Unknown` (``role.unknown``), `Conflict` (``role.used``) while somebody has it."""
    crm.check("user.write")
    id = role_id(role)
    there = crm.store.get(Role, [id]).get(id)
    if there is None:
        raise Unknown("role.unknown", name=role, suggestion="")
    check_within(crm, rights_of(crm, role))
    if count := sum(one.role == there.en for one in crm.store.scan(User)):
        raise Conflict("role.used", name=there.en, count=count)
    keep(crm, [Delete(there)], "web.role")
    note(crm, "role.removed", role=there.en)
