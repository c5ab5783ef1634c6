"""Looking around: invented people are brought in before one's own, and go away again with one click."""

from __future__ import annotations

from perthyn.errors import PerthynError
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn_web.intake import looking, undoing
from perthyn_web.pages.history import counted, stayed

screens = Screens()


@screens.post("/invented", "history.undo")
def bring(visit: Visit) -> Reply:
    """Have them brought in."""
    looking.begin(visit.crm, remove=False)
    return Went("/invented")


@screens.post("/invented/remove", "history.undo")
def remove(visit: Visit) -> Reply:
    """Have all of them taken back."""
    begun = looking.begin(visit.crm, remove=True)
    return Went("/invented", "" if begun else visit.t("They are still coming in. Remove them when all are here."))


@screens.get("/invented", "import.read")
def how_far(visit: Visit) -> Reply:
    """How far it is, and what stayed when they were taken back."""
    crm, t = visit.crm, visit.t
    state, outcome = looking.state_of(crm), looking.of(crm).outcome
    if state.phase == "open" or (state.phase == "done" and not state.dry):
        return Went("/")
    facts = {
        "state": state,
        "failure": PerthynError(state.code, **state.facts) if state.code else None,
        "went": counted(t, outcome.get("removes", {})),
        "staying": outcome.get("staying", 0),
        "kept": stayed(crm, t, undoing.kept_of(outcome)) if crm.actor.may("history.undo") else [],
    }
    return Shown("home/invented.html", facts)
