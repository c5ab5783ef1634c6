"""Tidying: what Vega drew, as a page with strict rules takes it, and as one hears it read.

No style, no class, no link, no script is left; what a mark says becomes its title, which a browser shows where the
pointer rests; the whole is one picture with a name and a description.
"""

from __future__ import annotations

import re
from hashlib import sha256
from xml.etree import ElementTree as ET

from perthyn_web.charts.colours import PATTERNS, VARIABLES

SVG = "http://www.w3.org/2000/svg"
SHAPES = {"path", "rect", "line", "circle", "text"}
KEPT = {
    "d", "x", "y", "x2", "y2", "x1", "y1", "dx", "dy", "cx", "cy", "r", "width", "height", "rx", "ry",
    "transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "fill-opacity", "stroke-opacity", "opacity",
    "text-anchor", "font-family", "font-size", "font-weight", "viewBox",
}  # fmt: skip
IDLE = {"opacity": "1", "fill-opacity": "1", "stroke-opacity": "1"}
NUMBER = re.compile(r"-?\d+\.\d{3,}")
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def tidied(drawn: str, title: str, told: str) -> str:
    """The picture as a file: colours as they are, its size said."""
    root = ET.fromstring(drawn)  # nosec B314  # what our own library drew
    size = {name: root.attrib[name] for name in ("width", "height")}
    _tidy(root)
    mark = "c" + sha256(f"{title}\n{told}\n{_written(root)}".encode()).hexdigest()[:10]
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-labelledby": f"{mark}-t {mark}-d"} | size
    for place, (name, words) in enumerate((("title", title), ("desc", told))):
        one = ET.Element(f"{{{SVG}}}{name}", {"id": f"{mark}-{name[0]}"})
        one.text = INVISIBLE.sub(" ", words)
        root.insert(place, one)
    _pattern(root, mark)
    return _written(root)


def for_a_page(drawn: str, title: str, told: str) -> str:
    """The picture within a page: as wide as its place, in the page's own colours."""
    root = ET.fromstring(tidied(drawn, title, told))  # nosec B314  # the same
    for name in ("width", "height"):
        del root.attrib[name]
    for one in root.iter():
        for name in ("fill", "stroke"):
            if name in one.attrib:
                one.set(name, VARIABLES.get(one.attrib[name], one.attrib[name]))
        one.attrib.pop("font-family", None)
    root.set("focusable", "false")
    return _written(root)


def _tidy(parent: ET.Element) -> None:
    for one in list(parent):
        kind = one.tag.rpartition("}")[2]
        told = one.attrib.get("aria-label", "")
        if _nothing(one, kind):
            parent.remove(one)
            continue
        one.attrib = {
            name: NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)
            for name, value in one.attrib.items()
            if name in KEPT and IDLE.get(name) != value
        }
        _tidy(one)
        if kind == "g" and not len(one):
            parent.remove(one)
        elif told and kind in SHAPES:
            ET.SubElement(one, f"{{{SVG}}}title").text = told


def _nothing(one: ET.Element, kind: str) -> bool:
    """What shows nothing: Vega's empty backgrounds, and anything that is no shape."""
    if kind not in SHAPES | {"g", "tspan"} or one.attrib.get("display") == "none":
        return True
    paths = {"", "M0,0h0v0h0Z"}
    unseen = one.attrib.get("fill", "none") == "none" and one.attrib.get("stroke", "none") == "none"
    return kind == "path" and (one.attrib.get("d", "") in paths or (unseen and "background" in one.get("class", "")))


def _pattern(root: ET.Element, mark: str) -> None:
    """Fills get the pattern of their colour, so that they differ without it."""
    used: dict[str, str] = {}
    for one in root.iter():
        colour = one.attrib.get("fill", "")
        if colour in PATTERNS and one.tag.endswith("}path") and one.attrib.get("stroke", "none") == "none":
            used[colour] = f"{mark}-{colour[1:]}"
            one.set("fill", f"url(#{used[colour]})")
    if not used:
        return
    defs = ET.Element(f"{{{SVG}}}defs")
    for colour, name in used.items():
        box = {"id": name, "width": "8", "height": "8", "patternUnits": "userSpaceOnUse"}
        pattern = ET.SubElement(defs, f"{{{SVG}}}pattern", box)
        ET.SubElement(pattern, f"{{{SVG}}}rect", {"width": "8", "height": "8", "fill": colour})
        line = {"d": PATTERNS[colour], "stroke": "#ffffff", "stroke-width": "1.2", "stroke-opacity": ".55"}
        ET.SubElement(pattern, f"{{{SVG}}}path", {**line, "fill": "none"})
    root.insert(2, defs)


def _written(root: ET.Element) -> str:
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")
