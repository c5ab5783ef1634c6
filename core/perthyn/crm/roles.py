"""Rights and roles: everything that code asks for by name, said in whole sentences, and who has it from the start.

Denied unless named: a role has the rights that stand in its column and no other, and a right that a plugin declares
names the roles that have it. A field or a kind of happening carries the right that seeing it needs; whoever lacks it
never receives it, and is refused what would tell it otherwise (`perthyn.crm.desk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from perthyn.plugins import Plugins
from perthyn.rights import ROLES_THERE_ARE, Right
from perthyn.text import phrase

EVERYTHING = "*"
"""The right that holds all others, named or not; it can be had, and never be asked for."""

_COLUMNS = {"M": "manager", "F": "fundraiser", "K": "marketing", "H": "front_of_house", "V": "volunteer",
            "R": "read_only"}  # fmt: skip
_TABLE: tuple[tuple[str, str, str, str], ...] = (
    # -- people. What a desk needs to know one Mair Jones from the other is `contact.read`: names, town, how to reach.
    ("contact.read", "people", "MFKHVR", phrase("Find people, and see who they are and how to reach them.")),
    ("contact.write", "people", "MFKHV", phrase("Add people, and put their details right.")),
    ("interaction.write", "people", "MFKHV", phrase("Note what happened, such as a visit.")),
    ("note.read", "people", "MFKHVR", phrase("See notes and comments.")),
    ("note.private", "people", "MF", phrase("See and write private notes.")),
    ("raw.read", "people", "MF", phrase("See rows and messages as they came, with all that stands in them.")),
    ("child.read", "people", "MFK", phrase("See who is a child, and every age band.")),
    ("consent.write", "people", "MFKH", phrase("Note what people said about being contacted.")),
    ("contact.bulk", "people", "MFK", phrase("Change many people at once.")),
    ("contact.merge", "people", "MF", phrase("Make two entries of one person into one, or keep them apart.")),
    ("contact.export", "people", "MFK", phrase("Take people's details out into a file, for a purpose that is named.")),
    ("contact.dossier", "people", "M", phrase("Hand out everything that is kept about a person.")),
    ("contact.erase", "people", "M", phrase("Erase a person for good.")),
    # -- money
    ("money.read", "money", "MF", phrase("See amounts of money.")),
    ("donation.read", "money", "MF", phrase("See who gave, and what they promised to give.")),
    # -- segments and letters
    ("segment.read", "letters", "MFKR", phrase("See segments, and who is in them.")),
    ("segment.write", "letters", "MFK", phrase("Make and change segments.")),
    ("campaign.read", "letters", "MFKR", phrase("See campaigns, their letters and how they went.")),
    ("campaign.write", "letters", "MFK", phrase("Write campaigns.")),
    ("campaign.send", "letters", "MFK", phrase("Send campaigns, and note who answered.")),
    # -- numbers
    ("report.read", "numbers", "MFKR", phrase("See numbers and reports.")),
    ("report.send", "numbers", "MFK", phrase("Have the numbers sent to them by email.")),
    # -- what comes in
    ("import.read", "coming_in", "MF", phrase("See what a file holds before it is imported.")),
    ("import.write", "coming_in", "MF", phrase("Import files.")),
    ("problem.read", "coming_in", "MFKH", phrase("See what is to be put right.")),
    ("problem.write", "coming_in", "MF", phrase("Put right what could not be read.")),
    ("channel.read", "coming_in", "MFK", phrase("See which ways there are to reach people, and what came in by them.")),
    ("delivery.write", "coming_in", "M", phrase("Take in what other systems send.")),
    ("inbound.read", "coming_in", "M", phrase("See what other systems sent, as it came.")),
    ("inbound.write", "coming_in", "M", phrase("Read again what other systems sent.")),
    # -- what was done
    ("history.read", "past", "MFKR", phrase("See who changed what.")),
    ("history.undo_own", "past", "MFKHV", phrase("Take back what they did themselves.")),
    ("history.undo", "past", "M", phrase("Take back what anybody did.")),
    ("audit.read", "past", "M", phrase("See who looked at whom, and what was taken out.")),
    # -- the house
    ("health.read", "house", "M", phrase("See whether everything is well.")),
    ("job.read", "house", "M", phrase("See what perthyn does by itself.")),
    ("job.work", "house", "M", phrase("Have perthyn do now what it does by itself.")),
    ("backup.write", "house", "M", phrase("Make and check backups.")),
    ("setting.write", "house", "", phrase("Change how perthyn is set up.")),
    ("store.move", "house", "", phrase("Move all records to another place.")),
    ("user.read", "house", "", phrase("See who may sign in, and what they may do.")),
    ("user.write", "house", "", phrase("Decide who may sign in, and what they may do.")),
)

RIGHTS: tuple[Right, ...] = tuple(
    Right(name, label, group, frozenset(_COLUMNS[one] for one in having)) for name, group, having, label in _TABLE
)
"""The core's own, in the order in which they are shown."""

GROUP_TITLES: Mapping[str, str] = MappingProxyType({
    "people": phrase("People"),
    "money": phrase("Money"),
    "letters": phrase("Segments and letters"),
    "numbers": phrase("Numbers"),
    "coming_in": phrase("What comes in"),
    "past": phrase("What was done"),
    "house": phrase("Running perthyn"),
})  # fmt: skip
ROLE_TITLES: Mapping[str, str] = MappingProxyType({
    "administrator": phrase("Administrator"),
    "manager": phrase("Manager"),
    "fundraiser": phrase("Fundraiser"),
    "marketing": phrase("Marketing"),
    "front_of_house": phrase("Front of house"),
    "volunteer": phrase("Volunteer"),
    "read_only": phrase("Only looks"),
})  # fmt: skip


def known_rights(plugins: Plugins) -> tuple[Right, ...]:
    """The core's rights and those that plugins declare; of two of one name the first."""
    found: dict[str, Right] = {}
    for one in (*RIGHTS, *plugins.offer("offer_rights")):
        found.setdefault(one.name, one)
    return tuple(found.values())


def roles_of(rights: Iterable[Right]) -> dict[str, frozenset[str]]:
    """The names of the rights of every role that there is from the start."""
    rights = tuple(rights)
    found = {role: frozenset(one.name for one in rights if role in one.roles) for role in ROLES_THERE_ARE}
    return found | {"administrator": frozenset({EVERYTHING})}


ROLES: Mapping[str, frozenset[str]] = MappingProxyType(roles_of(RIGHTS))
"""The roles with the core's rights; `roles_of(known_rights(plugins))` has the plugins' too."""
