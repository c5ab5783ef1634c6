"""Strings that mean something to a browser, a template or a script, in every text there is, on every page of a browser.

The Big List of Naughty Strings (tests/data/blns) and some of our own. Nothing of them runs, nothing is asked of anybody
else, and what is shown is what is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from perthyn_web.accounts import limits

from .conftest import Site, window
from .doors import doors, fills
from .full_house import begun, full_house, id_of
from .test_access import PATIENT, Knocking, cookie

BLNS = Path(__file__).parents[2] / "data" / "blns" / "blns.json"
FITS = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
"""What a word may hold (`perthyn.model.values`)."""
LONGEST = 480

ALWAYS = (
    """"><img src=x onerror=__hit(1)>'><svg/onload=__hit(2)></a></option></textarea></title></script>"""
    """<script>__hit(3)</script>{{7*7}}${7*7}{x.__init__}"""
)
"""Stands in every text: it breaks out of whatever it stands in that has not been guarded."""
OWN = (
    "<a href=javascript:__hit(10)>x</a>", "<a href='JaVaScRiPt:__hit(11)'>x</a>", "javascript:__hit(12)//",
    "<a href='data:text/html,<script>__hit(13)</script>'>x</a>",
    "<math><mi xlink:href=javascript:__hit(14)>x</mi></math>",
    "<math><maction actiontype=statusline xlink:href=javascript:__hit(15)>x</maction></math>",
    "<svg><script>__hit(16)</script></svg>", "<svg><a xlink:href=javascript:__hit(17)><text>x</text></a></svg>",
    "<svg><animate onbegin=__hit(18) attributeName=x dur=1s>", "<svg><set attributeName=onmouseover to=__hit(19)>",
    "<svg><foreignObject><body onload=__hit(20)></foreignObject></svg>",
    "<svg><use href='data:image/svg+xml,<svg/>#x'>",
    "<img srcset='//evil.example/a.png 1x, //evil.example/b.png 2x'>", "<img src=//evil.example/c.png>",
    "<picture><source srcset=//evil.example/d.png><img></picture>",
    "<video src=//evil.example/e.mp4 poster=//evil.example/f>", "<audio src=x onerror=__hit(21)>",
    "<video><source onerror=__hit(22)></video>", "<body onload=__hit(23)>", "<input autofocus onfocus=__hit(24)>",
    "<select autofocus onfocus=__hit(25)>", "<details open ontoggle=__hit(26)>", "<marquee onstart=__hit(27)>",
    "<p onmouseover=__hit(28) style=position:fixed;inset:0>", "<div popover onbeforetoggle=__hit(29)>",
    "<xss onanimationstart=__hit(30) style=animation-name:x>",
    "<iframe srcdoc='<script>parent.__hit(31)</script>'></iframe>", "<iframe src=javascript:__hit(32)></iframe>",
    "<object data=javascript:__hit(33)></object>", "<embed src=//evil.example/g>",
    "<form action=//evil.example/h><button>x</button></form>", "<button formaction=javascript:__hit(34)>x</button>",
    "<base href=//evil.example/>", "<meta http-equiv=refresh content='0;url=//evil.example/i'>",
    "<meta http-equiv=Content-Security-Policy content=\"default-src *\">",
    "<link rel=stylesheet href=//evil.example/j.css>", "<link rel=prefetch href=//evil.example/k>",
    "<style>@import '//evil.example/l.css';*{color:red}</style>", "<div style=background:url(//evil.example/m)>",
    "<div hx-get=/sign-out hx-trigger=load>", "<div data-hx-post=/sign-out hx-trigger=load>",
    "<div hx-on:load=__hit(35)>", "<div hx-on::after-process=__hit(36)>",
    "<div hx-vals='js:{a:__hit(37)}' hx-get=/ hx-trigger=load>", "<div hx-trigger='load[__hit(38)]' hx-get=/>",
    "<div data-keep=/contacts data-shown-at=x>", "' onclick='__hit(39)' x='",
    "\" onfocus=\"__hit(40)\" autofocus=\"", "` onload=`__hit(41)`", "--><script>__hit(42)</script><!--",
    "]]><script>__hit(43)</script>", "<noscript><p title='</noscript><img src=x onerror=__hit(44)>'>",
    "<template><script>__hit(45)</script></template>", "<table><td background=//evil.example/n>",
    "<a ping=//evil.example/o href=/>x</a>", "{{config}}{{''.__class__.__mro__}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "#{7*7}<%= 7*7 %>${{7*7}}@(7*7)[[7*7]]", "{0.__class__}{x!r:>9999999}%(x)s%n", "\u202e</b>\u2066x\u2069\ufeff",
    "&lt;script&gt;__hit(46)&lt;/script&gt;&#60;b&#62;&amp;amp;",
    "\\u003cscript\\u003e__hit(47)\\u003c/script\\u003e", "\uff1cscript\uff1e__hit(48)\uff1c/script\uff1e",
    "//evil.example/p", "../../../../etc/passwd",
)  # fmt: skip
"""Of our own: handlers, SVG, MathML, addresses, templates, what htmx and our own script heed."""


def chunks() -> list[str]:
    """All strings that a text may hold, so many together as a word holds beside `ALWAYS`."""
    found: list[str] = []
    for one in (*OWN, *json.loads(BLNS.read_text(encoding="utf-8"))):
        if not one.strip() or not FITS.fullmatch(one) or len(one) > LONGEST - len(ALWAYS):
            continue
        if found and len(found[-1]) + len(one) < LONGEST - len(ALWAYS):
            found[-1] += " " + one
        else:
            found.append(one)
    return found


class Words:
    """What each field holds: `ALWAYS`, and the next of the chunks; of texts all that remain."""

    def __init__(self) -> None:
        self.chunks, self.at = chunks(), 0
        self.kept: dict[str, str] = {}

    def __call__(self, field: str) -> str:
        if field in PLAIN:
            return PLAIN[field]
        if field not in self.kept:
            some = [self.next() for _ in range(30 if field in LONG else 1)]
            self.kept[field] = " ".join([ALWAYS, *some])
        return self.kept[field]

    def next(self) -> str:
        """The next chunk, and round again."""
        self.at += 1
        return self.chunks[self.at % len(self.chunks)]


LONG = {"contact.note", "interaction.text", "interaction.private", "interaction.raw", "address.lines", "problem.raw",
        "consent.wording", "consent.evidence", "inbound.why", "job.why", "message.reply", "import.cell"}  # fmt: skip
PLAIN = {"relationship.kind": "partner", "job.facts": "{}", "import.file": "a'><img src=x onerror=__hit(4)>"}
SHOWN = ("contact.name", "contact.note", "contact.tag", "contact.company", "interaction.subject", "interaction.text",
         "interaction.private", "segment.name", "campaign.name", "user.name", "token.name", "tablet.name", "view.name",
         "field.label", "custom.plain", "inbound.why", "donations.word")  # fmt: skip
"""What is surely on some page, letter by letter."""
WATCH = """
window.__hits = []; window.__csp = [];
window.__hit = (...told) => { window.__hits.push(told.join()); };
document.addEventListener("securitypolicyviolation", (one) => {
  window.__csp.push(one.effectiveDirective + " " + one.blockedURI + " " + one.sample);
});
"""
READ = """() => {
  const told = [document.body.innerText, document.title];
  for (const one of document.querySelectorAll("input, textarea, option, [title], [aria-label], summary, details *")) {
    told.push(one.value || "", one.textContent || "", one.title || "", one.getAttribute("aria-label") || "");
  }
  const handlers = [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
    .filter((attribute) => /^(on|hx-on|data-hx-on)/.test(attribute.name) || /__hit/.test(attribute.value)
      && /^(src|srcset|style|action|formaction|srcdoc)$/.test(attribute.name)
      || attribute.name === "href" && /^\\s*(javascript|data):/i.test(attribute.value))
    .map((attribute) => attribute.name));
  return {text: told.join("\\n"), handlers, hits: window.__hits, csp: window.__csp};
}"""


@pytest.fixture(scope="module")
def words() -> Words:
    """What every field holds."""
    return Words()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, words: Words) -> Iterator[Site]:
    """An organisation whose every text is naughty."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(limits, "MOST", 10**9)
        folder = tmp_path_factory.mktemp("naughty") / "house"
        with full_house(folder, words, PATIENT, organisation=ALWAYS) as site:
            yield site


def pages(site: Site) -> Iterator[str]:
    """The address of every page, of all there are of a sort, and with naughty words in the address."""
    knocking = Knocking(site)
    others = {"contacts id": ["ifan", "company"], "campaigns id": ["gone"]}
    for door in doors(site):
        if door.api or door.method != "GET":
            continue
        for what, values in fills(door, knocking.known, {}):
            yield door.at(values)
            for name in door.names if what != "missing" else ():
                for one in others.get(name, ()):
                    yield door.at(values | {name.partition(" ")[2]: id_of(one)})
    for path in ("/contacts?q={}", "/contacts?tag={}", "/contacts?rule={}", "/contacts?sort={}", "/sign-in?to={}",
                 "/nowhere/{}", "/numbers?chart={}", "/history?kind={}", "/quality?kind={}"):  # fmt: skip
        yield path.format(re.sub(r"[%#&?/]", "", ALWAYS))


def normal(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
def test_nothing_runs_and_what_is_shown_is_what_is_kept(house: Site, words: Words, chromium: Any) -> None:
    wrong: list[str] = []
    mine = begun(house, "an administrator", "administrator")
    client = Knocking(house).client
    told, seen, asked = [], 0, 0
    with house.listening() as address:
        context = window(chromium, address, {"perthyn": mine}, base_url=address, locale="en-GB")
        context.add_init_script(WATCH)
        page = context.new_page()
        now = ""

        def note(what: str) -> None:
            wrong.append(f"{now}: {what}"[:300])

        def heard(message: Any) -> None:
            if "Content Security Policy" in message.text or "Refused to" in message.text:
                note(message.text)

        def requested(request: Any) -> None:
            nonlocal asked
            asked += 1
            if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(address + "/"):
                note(f"asked {request.url}")

        page.on("dialog", lambda dialog: (note(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: note(f"error {error}"))
        page.on("console", heard)
        context.on("request", requested)
        for now in pages(house):
            answer = client.get(now, headers=cookie(mine))
            client.cookies.clear()
            if answer.status_code >= 500:
                note(str(answer.status_code))
            if "text/html" not in answer.headers.get("content-type", ""):
                if answer.status_code == 200:
                    assert "attachment" in answer.headers.get("content-disposition", "attachment"), now
                continue
            page.goto(now, wait_until="load")
            found = page.evaluate(READ)
            seen += 1
            told.append(normal(found["text"]))
            for what in ("hits", "csp", "handlers"):
                if found[what]:
                    note(f"{what}: {found[what]}")
        context.close()
    everything = "\n".join(told)
    lost = [field for field in SHOWN if normal(words(field)) not in everything]
    print(f"{seen} pages, {asked} requests, {len(words.kept)} fields, {len(OWN) + 1} strings of our own and "
          f"{sum(map(len, words.chunks))} characters in all: {len(wrong)} wrong, {len(lost)} not as kept")  # fmt: skip
    assert seen > 100
    assert not wrong, "\n".join(wrong)
    assert not lost, lost
