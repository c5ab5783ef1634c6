"""Crm: what a person can do, one method each; every face calls it."""

from __future__ import annotations

from perthyn.crm.arrivals import Arrivals
from perthyn.crm.bulk import Bulk, Planned
from perthyn.crm.deliveries import Deliveries, TakenIn
from perthyn.crm.demonstrating import Demonstrating
from perthyn.crm.desk import Actor, Desk, record_types
from perthyn.crm.exports import Exported, Exports
from perthyn.crm.handover import Group, HandingOver, Handover, Worker
from perthyn.crm.health import Check
from perthyn.crm.holdings import Holdings
from perthyn.crm.imports import Imports, Reading
from perthyn.crm.in_house import InHouse, Memo
from perthyn.crm.inbound import Inbox
from perthyn.crm.jobs import Done
from perthyn.crm.lately import Attendance, Lately
from perthyn.crm.listing import Listed
from perthyn.crm.many import Many, SomeRefused, Writing, WrittenMany
from perthyn.crm.moves import Moved, MovePlan, Moves, Report
from perthyn.crm.past import Past
from perthyn.crm.people import People, View
from perthyn.crm.relating import Related, Relating
from perthyn.crm.reports import Number
from perthyn.crm.results import Returning
from perthyn.crm.rewriting import Clash, Rewriting
from perthyn.crm.safekeeping import BackedUp, Safekeeping
from perthyn.crm.scores import Scores, Scoring
from perthyn.crm.screening import Screened, Screens
from perthyn.crm.segments import Segments, Standing
from perthyn.crm.sending import Sent
from perthyn.crm.setting_up import SettingUp
from perthyn.crm.shaping import Shaping
from perthyn.crm.trail import Trail
from perthyn.crm.trends import Trend, Trends
from perthyn.crm.watching import Watching


class Crm(
    Arrivals, Bulk, Demonstrating, InHouse, Many, Relating, Rewriting, Screens, SettingUp, Shaping, Imports, Inbox,
    Exports, Holdings, Scoring, Trends, Lately, HandingOver, Past, Moves, Safekeeping, Returning, Watching, Trail
):  # fmt: skip
    """The whole of it, each part in its own file."""


__all__ = [
    "Actor",
    "Attendance",
    "BackedUp",
    "Check",
    "Clash",
    "Crm",
    "Deliveries",
    "Desk",
    "Done",
    "Exported",
    "Group",
    "Handover",
    "Listed",
    "Many",
    "Memo",
    "MovePlan",
    "Moved",
    "Number",
    "People",
    "Planned",
    "Reading",
    "Related",
    "Report",
    "Scores",
    "Screened",
    "Segments",
    "Sent",
    "SomeRefused",
    "Standing",
    "TakenIn",
    "Trend",
    "View",
    "Worker",
    "Writing",
    "WrittenMany",
    "record_types",
]
