"""People: find somebody, and everything about one person."""

from __future__ import annotations

from uuid import UUID

from perthyn.screens import Reply, Screens, Shown, Visit
from perthyn.text import phrase

screens = Screens()
screens.entry("/contacts", phrase("People"), "contact.read", icon="users", order=100)
MANY = 50


@screens.get("/contacts", "contact.read")
def contacts(visit: Visit) -> Reply:
    """Those who answer to what was typed."""
    asked = visit.query.get("q", "").strip()
    return Shown("people/found.html", {"asked": asked, "found": visit.crm.find(asked, MANY) if asked else []})


@screens.get("/contacts/{id:uuid}", "contact.read")
def contact(visit: Visit, id: UUID) -> Reply:
    """One person's page."""
    return Shown("people/contact.html", {"view": visit.crm.show(id)})
