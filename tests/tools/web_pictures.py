"""Pictures of the web app, taken by a real browser of the demonstration: its people are invented.

    python tests/tools/web_pictures.py             take all of docs/pictures/web-*.png afresh
    python tests/tools/web_pictures.py home desk   take these

On a fixed day and with seeded randomness, so that a picture changes where the app does. Chromium must be there.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from perthyn.cli.main import run
from perthyn.crm import Crm
from perthyn_web.desk import tablets
from perthyn_web.intake import keeping, working

HERE = Path(__file__).parent
PICTURES = HERE.parents[1] / "docs" / "pictures"
WIDE, TABLET, PHONE = (1280, 860), (820, 1100), (390, 844)
CAME = 6
NAMES = {"manager": "Gwen Rees", "volunteer": "Nia Price"}
AT_THE_DESK = ("Nia Price", "Emrys Bowen", "Mair Llwyd", "Tomos Parry", "Beti Wyn")
LETTERS = {
    "subject_cy": "Y gwanwyn ym Mhlas Brithwen",
    "letter_cy": "Annwyl {{ first_name or \"gyfaill\" }},\n\nMae'r ardd yn agor eto ar **1 Mawrth**, ac mae te a bara "
    "brith yn yr hen gegin bob prynhawn Sadwrn.\n\nMae'n dair blynedd ers i ni ddechrau atgyweirio to'r llyfrgell. "
    "Diolch i chi, mae'n sych.\n\nDewch i'w weld.",
    "subject_en": "Spring at Plas Brithwen",
    "letter_en": "Dear {{ first_name or \"friend\" }},\n\nThe garden opens again on **1 March**, and there is tea and "
    "bara brith in the old kitchen every Saturday afternoon.\n\nThree years ago we began to mend the library roof. "
    "Thanks to you it is dry.\n\nCome and see it.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as somebody sees it. `role`: "" for nobody; `typed`: a field and what is typed there first."""

    address: str
    role: str = "manager"
    size: tuple[int, int] = WIDE
    language: str = "en"
    theme: str = "light"
    typed: tuple[str, str] = ("", "")
    tablet: bool = False


def pictures(crm: Crm) -> dict[str, Picture]:
    """What is pictured: the rest of its name -> the page."""
    gareth, quiet = crm.find("Gareth Thomas", 1)[0].id, crm.segment("Quiet givers").id
    letters = next(one.id for one in crm.campaigns())
    waiting = keeping.every(crm)[0].id
    person, builder = f"/contacts/{gareth}", f"/segments/{quiet}/edit"
    gareth_typed = ("#find", "gareth tho")
    return {
        "home": Picture("/"),
        "home-cy": Picture("/", language="cy"),
        "home-dark": Picture("/", theme="dark"),
        "people": Picture("/contacts?" + urlencode({"q": "garth tomas"})),
        "person": Picture(person),
        "person-cy": Picture(person, language="cy"),
        "segment": Picture(builder),
        "segment-cy": Picture(builder, language="cy"),
        "letters": Picture(f"/campaigns/{letters}/letters"),
        "import": Picture(f"/import/{waiting}/preview"),
        "numbers": Picture("/numbers"),
        "numbers-dark": Picture("/numbers", theme="dark"),
        "desk": Picture("/", "volunteer", TABLET, typed=gareth_typed),
        "desk-who": Picture("/desk/who", "", TABLET, tablet=True),
        "phone": Picture(person, "volunteer", PHONE),
        "phone-cy": Picture("/", "volunteer", PHONE, language="cy", typed=gareth_typed),
    }


def furnish(crm: Crm) -> None:
    """What the demonstration leaves out: a campaign, who came today, a file that waits to be imported."""
    made, _ = crm.new_campaign("Spring letter", crm.segment("Quiet givers"), name_cy="Llythyr y gwanwyn",
                               channel="email", purpose="fundraising", languages="both")  # fmt: skip
    crm.edit_campaign(made, **LETTERS)
    quiet = {one.id for one in crm.members(crm.segment("Quiet givers"))}
    others = (one for one in crm.members(crm.segment("Readers who came")) if one.id not in quiet)
    for number, one in enumerate(islice(others, CAME)):
        crm.came(one.id, f"picture {number}", at=crm.clock() - timedelta(minutes=7 * number + 3))
    intake = keeping.bring(crm, "members-2027.csv", BytesIO(MEMBERS.encode()))[0]
    working.begin(crm, intake, dry=True)
    for done in crm.do_due("pictures-1"):
        assert not done.code, done


EMAIL = """
[email]
host = "mail.plasbrithwen.example"
user = "post@plasbrithwen.example"
from = "post@plasbrithwen.example"
from_name_cy = "Plas Brithwen"
from_name_en = "Plas Brithwen"
postal_address = "Plas Brithwen, Llanfair, SY20 8XX"
reply_to = "post@plasbrithwen.example"
"""
MEMBERS = """\
Enw/Name,E-bost/Email,Ffôn/Phone,Tref/Town,Joined,Renewal
Gareth Thomas,gareth.thomas@post.example.org,01597 810 321,Rhaeadr Gwy,22/11/2026,21/11/2027
Nerys Pugh,nerys.pugh@post.example.org,01597 810 654,Llandrindod,22/11/2026,21/11/2027
Ifan ap Rhys,ifan@post.example.org,07700 900 123,Machynlleth,20/11/2026,31/2/2027
Lowri Bevan,lowri.bevan,07700 900 456,Aberystwyth,20/11/2026,19/11/2027
"""


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium, and nothing of it left behind."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=web.CHROMIUM, args=web.FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def taken(chromium: Any, site: Any, base: str, one: Picture) -> bytes:
    """The picture of a page, as PNG. Raises `ValueError` where a script or a style was refused."""
    width, height = one.size
    context = web.window(chromium, viewport={"width": width, "height": height}, reduced_motion="reduce",
                         timezone_id="Europe/London", color_scheme=one.theme)  # fmt: skip
    try:
        cookies = {"language": one.language, "theme": one.theme}
        if one.role:
            cookies["perthyn"] = site.cookie(one.role, NAMES[one.role])
        if one.tablet:
            with site.desks() as crm:
                cookies["tablet"] = tablets.pair(crm, tablets.pairing(crm), "Entrance")
        context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(base + one.address)
        field, words = one.typed
        if field:
            page.fill(field, words)
            page.wait_for_selector("#found a")
        web.settled(page)
        page.evaluate("document.fonts.ready")
        if said:
            raise ValueError(f"{one.address}: {said}")
        return png.smaller(page.screenshot(animations="disabled"))
    finally:
        context.close()


def loaded(name: str, path: Path) -> ModuleType:
    """A file that is no module of a package, as one."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tutorial = loaded("tutorial", HERE / "tutorial.py")
png = loaded("png", HERE / "png.py")
web = loaded("web_conftest", HERE.parent / "plugins" / "web" / "conftest.py")


def main(names: list[str]) -> None:
    """Take all of them, or those named."""
    with tempfile.TemporaryDirectory() as folder, tutorial.settled(Path(folder)):
        assert run(["--lang", "en", "demo", "brithwen"]) == 0
        with (Path(folder) / "brithwen" / "perthyn.toml").open("a", encoding="utf-8") as settings:
            settings.write(EMAIL)
        with web.opened(Path(folder) / "brithwen") as site:
            furnish(site.crm)
            for name in AT_THE_DESK:
                site.cookie("volunteer", name)
            all_of_them = pictures(site.crm)
            with site.listening() as base, browser() as chromium:
                for name in names or all_of_them:
                    taken_now = taken(chromium, site, base, all_of_them[name])
                    (PICTURES / f"web-{name}.png").write_bytes(taken_now)
                    print(f"docs/pictures/web-{name}.png {len(taken_now):,}")


if __name__ == "__main__":
    main(sys.argv[1:])
