"""ChannelSuite: the cases that hold a channel to the contract of `perthyn.channel.Channel`.

An author adopts it with one fixture (pytest must be installed)::

    from perthyn.testing.channel_suite import ChannelSuite, Sample

    class TestMine(ChannelSuite):
        @pytest.fixture
        def sample(self, tmp_path):
            house = House(tmp_path, clock, os.urandom, sections={"mine": {}}, secrets=lambda section, name: KEY)
            return Sample(Mine(), house, secrets=[KEY], people=["sian@x.test"], requests=[order()], forged=[forged()])

What the sample leaves out is skipped, by name and with the reason; `not_for` names cases that the other side makes
impossible.
"""

from __future__ import annotations

import pytest

# Before the cases are imported, so that a failing assert shows its values; the one thing that happens at import.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{subject}"
        for subject in (
            "accepting", "base", "delivering", "door", "fetching", "itself", "naughty", "permitting", "reading",
            "secrecy", "storing",
        )
    )
)  # fmt: skip

from perthyn.testing.channel_suite.accepting import AcceptCases  # noqa: E402
from perthyn.testing.channel_suite.base import Arrived, ChannelCases, Sample  # noqa: E402
from perthyn.testing.channel_suite.delivering import DeliverCases  # noqa: E402
from perthyn.testing.channel_suite.door import DoorCases  # noqa: E402
from perthyn.testing.channel_suite.fetching import FetchCases  # noqa: E402
from perthyn.testing.channel_suite.itself import ItselfCases  # noqa: E402
from perthyn.testing.channel_suite.naughty import NaughtyCases  # noqa: E402
from perthyn.testing.channel_suite.permitting import PermissionCases  # noqa: E402
from perthyn.testing.channel_suite.reading import ReadCases  # noqa: E402
from perthyn.testing.channel_suite.secrecy import SecrecyCases  # noqa: E402
from perthyn.testing.channel_suite.storing import StoreCases  # noqa: E402


class ChannelSuite(
    ItselfCases,
    AcceptCases,
    ReadCases,
    StoreCases,
    DoorCases,
    PermissionCases,
    SecrecyCases,
    NaughtyCases,
    FetchCases,
    DeliverCases,
):
    """Every case of every subject."""


__all__ = ["Arrived", "ChannelCases", "ChannelSuite", "Sample"]
