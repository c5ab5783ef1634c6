"""Asking: a job does what somebody asked for as they would, with the rights that they had when they asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perthyn.crm import Actor, Crm


def asking(crm: Crm) -> dict[str, Any]:
    """Who asks, as a job's facts hold it."""
    actor = crm.actor
    return {"by": actor.name, "rights": sorted(actor.rights), "whose": actor.whose, "language": crm.language}


def asker(crm: Crm, facts: Mapping[str, Any]) -> Crm:
    """The `Crm` that acts for whoever asked."""
    actor = Actor(facts["by"], frozenset(facts["rights"]), facts.get("whose", ""))
    return crm.acting(actor, facts["language"])
