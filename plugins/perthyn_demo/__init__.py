"""The demonstration: Plas Brithwen, an invented historic house and its eight messy files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perthyn.demonstration import Demonstration, Example
from perthyn.hooks import hookimpl

HOUSE = "Plas Brithwen"
NEWSLETTER = "newsletter-subscribed.csv"
ASKED = "Anfonwch newyddion y plas ataf drwy'r e-bost / Email me the news of the house"
"""The words beside the box that the newsletter's readers ticked, as the house would know them."""

QUIET = ("Quiet givers", "Rhoddwyr tawel")
READERS = ("Readers who came", "Darllenwyr a ddaeth")
ONCE = ("Came once", "Unwaith yn unig")
SEGMENTS = {
    QUIET: "person and donations at least 3 in last 24 months and no visits in last 6 months",
    READERS: "sign-ups at least 1 and no unsubscriptions and visits at least 1",
    ONCE: "days of visits exactly 1 and no visits in last 12 months and no purchases and no shifts "
    "and no donations in last 13 months and role is not member and no engagement in last 180 days",
}


@hookimpl
def offer_demonstration() -> list[Demonstration]:
    """The house, to look around in."""
    return [Demonstration(HOUSE, _written, [(*names, rule) for names, rule in SEGMENTS.items()])]


def _written(folder: Path) -> Sequence[Example]:
    from perthyn_demo.generate import generate

    return [Example(folder / name, ASKED if name == NEWSLETTER else "") for name in generate(folder).files]
