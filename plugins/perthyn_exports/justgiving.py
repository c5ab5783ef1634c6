"""JustGiving's donation report. Only *Donor Further Contact* says whether one may write, and that for the cause.

Gift Aid is claimed there.
"""

from __future__ import annotations

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold

_NOBODY = frozenset(("anonymous", "dienw", "anon", "anonymous donor"))
_WHO = ("given", "family", "email", "person_id", "postcode", "town", "county")


def shape(chunk: Chunk) -> None:
    """An anonymous donor is nobody, not a person called Anonymous. The answer holds for email and post."""
    for index, name in enumerate(chunk.values("given")):
        if name and fold(name) in _NOBODY:
            for meaning in _WHO:
                if meaning in chunk.cells:
                    chunk.values(meaning)[index] = None
    chunk.put("consent_post", chunk.values("consent_email"))


DONATIONS = KnownExport(
    name="justgiving-donations",
    en="JustGiving: donations",
    cy="JustGiving: rhoddion",
    source="justgiving",
    required=("Donation Date", "Donation Auth Amount", "Donor FirstName", "Donor LastName", "Donor Further Contact"),
    columns={
        "Donation Date": "date",
        "Donation Auth Amount": "amount",
        "Donation Ref|Donation Reference": "row_id",
        "Appeal Name": "campaign",
        "Donor User Id": "person_id",
        "Donor FirstName": "given",
        "Donor LastName": "family",
        "Donor Address Line 1": "address",
        "Donor Address Line 2": "address",
        "Donor Town": "town",
        "Donor County": "county",
        "Donor Postcode": "postcode",
        "Donor Country": "country",
        "Donor E-mail|Donor Email": "email",
        "Donor Further Contact": "consent_email",
    },
    defaults={"kind": "donation", "channel": "website", "consent_purpose": "fundraising"},
    shape=shape,
)
