"""A Google Sheet that people go on editing by hand."""

from __future__ import annotations

from pathlib import Path

from perthyn.hooks import hookimpl


@hookimpl
def offer_locale() -> list[Path]:
    """The words of our errors."""
    return [Path(__file__).with_name("locale")]
