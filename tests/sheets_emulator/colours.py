"""Colours as Google keeps them: eight bits a channel, told in single precision, channels of 0 left out."""

from __future__ import annotations

import struct
from typing import Any


def kept(colour: dict[str, Any]) -> dict[str, Any]:
    """0.5 of red is kept as 127/255 and told as 0.49803922."""
    found = {name: _told(int(value * 255 + 1e-4) / 255) for name, value in colour.items() if name != "alpha"}
    return {name: value for name, value in found.items() if value} | (
        {"alpha": colour["alpha"]} if "alpha" in colour else {}
    )


def _told(value: float) -> float:
    """The shortest decimal that is the same number in single precision."""
    single = struct.pack("f", value)
    (value,) = struct.unpack("f", single)
    for digits in range(6, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == single:
            return int(short) if short.is_integer() else short
    return value


def both(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """`holder` with the colour `name` in its old form and as a style, whichever was given; the style wins."""
    result = dict(holder)
    style = f"{name}Style"
    if "rgbColor" in result.get(style, {}):
        result[name] = kept(result[style]["rgbColor"])
        result[style] = {"rgbColor": result[name]}
    elif name in result and style not in result:
        result[name] = kept(result[name])
        result[style] = {"rgbColor": result[name]}
    return result
