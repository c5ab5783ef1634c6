"""The one door: whether somebody may be contacted, and by which rule."""

from __future__ import annotations

from perthyn.contacting.door import RULES, Case, Decision, Known, may_contact, refusal
from perthyn.contacting.grounds import Grounds
from perthyn.contacting.suppression import Barred, address_hash

__all__ = ["RULES", "Barred", "Case", "Decision", "Grounds", "Known", "address_hash", "may_contact", "refusal"]
