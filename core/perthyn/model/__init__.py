"""Frozen records: what the organisation keeps, whatever store keeps it."""

from __future__ import annotations

from perthyn.model.campaign import Campaign, Message
from perthyn.model.contact import (
    Address,
    Contact,
    Custom,
    Email,
    ExternalId,
    Phone,
    Redirect,
    Relationship,
    Role,
    Tag,
)
from perthyn.model.happenings import Happening, Interaction, Takings
from perthyn.model.ids import Ids
from perthyn.model.kinds import FAMILIES, KINDS, Kind
from perthyn.model.permission import Consent, Obtained, Screening, Suppression
from perthyn.model.record import Part, Record, declared, part_of, parts, read_plain, split_path
from perthyn.model.segment import CustomField, Membership, Problem, Segment, Setting
from perthyn.model.values import About, from_wire, plain, to_wire
from perthyn.model.work import Inbound, Job, Piece

CORE_TYPES: tuple[type[Record], ...] = (
    Contact,
    Redirect,
    Interaction,
    Takings,
    Consent,
    Obtained,
    Screening,
    Suppression,
    Segment,
    Membership,
    Campaign,
    Message,
    Problem,
    CustomField,
    Setting,
    Job,
    Inbound,
)
"""The record types of the core, each before those that name it."""

__all__ = [
    "CORE_TYPES",
    "FAMILIES",
    "KINDS",
    "About",
    "Address",
    "Campaign",
    "Consent",
    "Contact",
    "Custom",
    "CustomField",
    "Email",
    "ExternalId",
    "Happening",
    "Ids",
    "Inbound",
    "Interaction",
    "Job",
    "Kind",
    "Membership",
    "Message",
    "Obtained",
    "Part",
    "Phone",
    "Piece",
    "Problem",
    "Record",
    "Redirect",
    "Relationship",
    "Role",
    "Screening",
    "Segment",
    "Setting",
    "Suppression",
    "Tag",
    "Takings",
    "declared",
    "from_wire",
    "part_of",
    "parts",
    "plain",
    "read_plain",
    "split_path",
    "to_wire",
]
