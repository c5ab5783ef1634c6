"""The REST API: what the pages do, for other systems."""

from __future__ import annotations

from perthyn_web.api.making import make_api

__all__ = ["make_api"]
