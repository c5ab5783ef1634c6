"""Grounds: what an organisation has decided to rest on where nobody was asked; each is no until it says yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

GROUNDS = "contacting.grounds"
"""The setting in the store that holds them."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """`charity`: we are one. `sales`: the commercial soft opt-in; `support`: the charitable one (charities only).

    `post`: letters on our legitimate interest; `calls`: live calls on it, to numbers screened against TPS or CTPS;
    `companies`: e-mail and texts to corporate subscribers on it. Whoever sets one of the last three has weighed our
    interest against theirs and kept that in writing (UK GDPR 6(1)(f)); whoever sets a soft opt-in gives a way to refuse
    in every message.
    """

    charity: bool = False
    sales: bool = False
    support: bool = False
    post: bool = False
    calls: bool = False
    companies: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Self:
        """From the setting's value; only a plain true is a yes."""
        return cls(**{one.name: (kept or {}).get(one.name) is True for one in fields(cls)})

    def plain(self) -> dict[str, bool]:
        """The setting's value."""
        return asdict(self)


NONE = Grounds()
