"""The builder: rules put together by choosing, line by line, without loss of what it does not show."""

from __future__ import annotations

from perthyn_web.builder.lines import Said, choice_of, clause_of
from perthyn_web.builder.offers import Offers
from perthyn_web.builder.outline import Line, outline

__all__ = ["Line", "Offers", "Said", "choice_of", "clause_of", "outline"]
