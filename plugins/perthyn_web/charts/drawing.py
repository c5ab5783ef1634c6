"""Drawing: a spec becomes a picture: SVG for a page, which follows its colours, and SVG, PNG or PDF as a file.

vl-convert (the extra ``charts``) holds Vega and draws in a thread of its own, one picture at a time; many threads may
ask it at once. Nothing is fetched: it is told that no address is allowed. What it drew is kept, a few hundred
pictures at most, by the spec's own words.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from perthyn.errors import PerthynError
from perthyn_web.charts.tidying import for_a_page, tidied

FILES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
"""The kinds of file, each with its media type."""
VEGA_LITE = "5.21"
KEPT = 200
SCALE = 2
"""Pixels of a PNG for each unit of the chart, so that it is sharp on paper too."""


def can_draw() -> bool:
    """Whether the library is here."""
    try:
        import vl_convert  # noqa: F401
    except ImportError:
        return False
    return True


def svg(spec: Mapping[str, Any], title: str, told: str) -> Markup:
    """A chart for a page: its texts and colours are those of the page, `title` and `told` are what a reader hears.

    Raises `PerthynError` (``web.charts.extra``) where the library is missing.
    """
    return Markup(_for_a_page(_as_text(spec), title, told))


def picture(spec: Mapping[str, Any], title: str, told: str, kind: str) -> bytes:
    """A chart as a file of one of `FILES`. Raises `PerthynError` (``web.charts.extra``)."""
    return _picture(_as_text(spec), title, told, kind)


def _as_text(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=KEPT)
def _for_a_page(spec: str, title: str, told: str) -> str:
    return for_a_page(_drawn(spec), title, told)


@lru_cache(maxsize=KEPT // 10)
def _picture(spec: str, title: str, told: str, kind: str) -> bytes:
    text = tidied(_drawn(spec), title, told)
    if kind == "svg":
        return text.encode()
    import vl_convert

    return _packed(vl_convert.svg_to_png(text, scale=SCALE)) if kind == "png" else vl_convert.svg_to_pdf(text)


def _packed(png: bytes) -> bytes:
    """The same picture in a fifth of the bytes: what draws packs in haste (PNG, third edition, 5 and 11.2)."""
    head, packed, at = png[:8], b"", 8
    rest: list[bytes] = []
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : end - 4]
        else:
            rest.append(png[at:end])
        at = end
    data = b"IDAT" + zlib.compress(zlib.decompress(packed), 9)
    written = (len(data) - 4).to_bytes(4) + data + zlib.crc32(data).to_bytes(4)
    return head + b"".join(rest[:-1]) + written + rest[-1]


def _drawn(spec: str) -> str:
    try:
        import vl_convert
    except ImportError as error:
        raise PerthynError("web.charts.extra", why=error.name or "") from error

    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
