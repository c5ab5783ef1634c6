"""Bring other people's files into the web app: copy what is served, write down what it is.

    npm pack bootstrap@5.3.9 htmx.org@4.0.1 ...     (in some folder; needs npm, nothing is installed)
    python tests/tools/vendor.py FOLDER             copy from the tarballs there; write vendor.toml afresh

A new version: change it in `WANTED`, run both lines, delete the old folder under ``static/vendor``. The icons are
gathered into one sprite; every other file is as its makers published it.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).parents[2] / "plugins" / "perthyn_web"
STATIC = WEB / "static"
ICONS = """
archive arrow-down arrow-down-up arrow-left arrow-up bell book-open building cake calendar calendar-check
calendar-days chart-column chart-line check chevron-down chevron-left chevron-right circle-alert circle-check
circle-minus circle-question-mark clock contact copy database download ellipsis eye file-spreadsheet file-text filter
flag flask-conical folder gift hand-heart heart history house image inbox info key key-round keyboard landmark
languages laptop layers link list list-checks list-filter lock log-in log-out mail mail-check mailbox megaphone menu
merge message-square minus monitor moon pencil phone plug plus pound-sterling printer receipt refresh-cw rotate-ccw
route save scale search send server settings shield-alert shield-check shopping-bag signature smartphone sparkles star
store sun tablet tag tags target ticket trash-2 triangle-alert undo-2 upload user user-check user-plus users
users-round wrench x
"""


@dataclass(frozen=True)
class Wanted:
    """One package of npm: which of its files are kept."""

    npm: str
    name: str
    version: str
    licence: str
    home: str
    files: tuple[str, ...]

    @property
    def tarball(self) -> str:
        return f"{self.npm.replace('@', '').replace('/', '-')}-{self.version}.tgz"


WANTED = [
    Wanted(
        "bootstrap", "bootstrap", "5.3.9", "MIT", "https://getbootstrap.com",
        ("dist/css/bootstrap.min.css", "LICENSE"),
    ),
    Wanted("htmx.org", "htmx", "4.0.1", "0BSD", "https://htmx.org", ("dist/htmx.min.js", "LICENSE")),
    Wanted("lucide-static", "lucide", "1.62.0", "ISC", "https://lucide.dev", ("LICENSE",)),
    Wanted(
        "@fontsource/source-serif-4", "source-serif", "5.3.1", "OFL-1.1", "https://github.com/adobe-fonts/source-serif",
        ("files/source-serif-4-latin-600-normal.woff2", "files/source-serif-4-latin-ext-600-normal.woff2", "LICENSE"),
    ),
    Wanted(
        "swagger-ui-dist", "swagger-ui", "5.35.0", "Apache-2.0", "https://swagger.io/tools/swagger-ui/",
        ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "LICENSE", "NOTICE"),
    ),
]  # fmt: skip


def sprite(tar: tarfile.TarFile) -> bytes:
    """The icons as symbols of one file: ``<use href="...icons.svg#gift">``."""
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for icon in sorted(ICONS.split()):
        text = _bytes(tar, f"icons/{icon}.svg").decode("utf-8")
        shapes = " ".join(re.findall(r"<(?!svg|!|/)[^>]+/>", text))
        lines.append(
            f'<symbol id="{icon}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
            f' stroke-linecap="round" stroke-linejoin="round">{" ".join(shapes.split())}</symbol>'
        )
    return "\n".join([*lines, "</svg>", ""]).encode("utf-8")


def _bytes(tar: tarfile.TarFile, path: str) -> bytes:
    file = tar.extractfile(f"package/{path}")
    if file is None:
        raise SystemExit(f"{path} is not in {tar.name}")
    return file.read()


def bring(folder: Path) -> None:
    lines = ["# Written by tests/tools/vendor.py; what stands in static/vendor, and under whose licence.", ""]
    for wanted in WANTED:
        with tarfile.open(folder / wanted.tarball) as tar:
            files = {Path(path).name: _bytes(tar, path) for path in wanted.files}
            kept = {f"vendor/{wanted.name}-{wanted.version}/{name}": content for name, content in files.items()}
            if wanted.name == "lucide":
                kept["icons.svg"] = sprite(tar)
        lines += ["[[package]]", f'name = "{wanted.name}"', f'version = "{wanted.version}"']
        lines += [f'licence = "{wanted.licence}"', f'home = "{wanted.home}"', "[package.sha256]"]
        for path, content in sorted(kept.items()):
            (STATIC / path).parent.mkdir(parents=True, exist_ok=True)
            (STATIC / path).write_bytes(content)
            lines.append(f'"{path}" = "{hashlib.sha256(content).hexdigest()}"')
        lines.append("")
    (WEB / "vendor.toml").write_text("\n".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    bring(Path(sys.argv[1]))
