"""The desk: a tablet is paired, whoever is at it says so by a tap, and tablets that are lost are ended."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from markupsafe import Markup

from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.screens import EVERYBODY, SIGN_IN, SIGNED_IN, Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import phrase
from perthyn_web.accounts import invitations
from perthyn_web.desk import tablets
from perthyn_web.desk.records import Tablet
from perthyn_web.visiting import TABLET

screens = Screens()
screens.entry(
    "/desk/tablets", phrase("Tablets at the desk"), "user.read", icon="tablet", order=930, under="settings",
    about=phrase("Let one more in, and end one that is lost."),
)  # fmt: skip
WEB = Path(__file__).parents[1]
AUTHORITY = Path("perthyn.desk") / "desk-authority.pem"
"""Where `perthyn start --desk` keeps what a tablet may install, below the organisation's folder."""
OFFLINE = ("templates/desk/offline.html", "templates/base.html", "static/offline.js", "static/keep.js",
           "static/perthyn.css")  # fmt: skip
"""Of what the page is made that a browser keeps for when it reaches nothing: where one changes, it takes it afresh."""
AN_HOUR = "private, max-age=3600"


@screens.get("/desk/pair/{token}", EVERYBODY)
def paired(visit: Visit, token: str) -> Reply:
    """What a tablet is asked when it comes by its link."""
    invitations.opened(visit.crm, token, visit.source, "pair")
    return Shown("desk/pair.html", {"token": token})


@screens.post("/desk/pair/{token}", EVERYBODY)
def pair(visit: Visit, token: str) -> Reply:
    """Pair it."""
    cookie = tablets.pair(visit.crm, token, visit.form.get("name", ""), visit.source)
    return Went("/desk/who", cookies={TABLET: cookie})


@screens.get("/desk/who", EVERYBODY)
def who(visit: Visit) -> Reply:
    """Who is at the desk? Asked of a tablet that is paired."""
    tablet = _tablet(visit)
    return Shown("desk/who.html", {"tablet": tablet, "people": tablets.those_at_the_desk(visit.crm)})


@screens.get("/desk/who/{id:uuid}", EVERYBODY)
def digits(visit: Visit, id: UUID) -> Reply:
    """The digits of somebody who has set some."""
    return Shown("desk/digits.html", {"tablet": _tablet(visit), "one": _at_the_desk(visit, id)})


@screens.post("/desk/who/{id:uuid}", EVERYBODY)
def take_over(visit: Visit, id: UUID) -> Reply:
    """Somebody is at the desk from now on."""
    tablet = _tablet(visit)
    try:
        cookie = tablets.switch(visit.crm, tablet, id, visit.form.get("digits", ""), visit.source)
    except PerthynError as error:
        if error.code not in ("desk.digits", "sign_in.wait"):
            raise
        return Shown("desk/digits.html", {"tablet": tablet, "one": _at_the_desk(visit, id)}, {"digits": error})
    return Went(visit.query.get("to") or "/", cookies={SIGN_IN: cookie})


@screens.post("/desk/leave", EVERYBODY)
def leave(visit: Visit) -> Reply:
    """Nobody is at the desk."""
    tablets.leave(visit.crm, _tablet(visit))
    return Went("/desk/who", cookies={SIGN_IN: ""})


@screens.get("/desk/tablets", "user.read")
def all_tablets(visit: Visit) -> Reply:
    """The tablets that are paired."""
    return Shown("desk/tablets.html", {"tablets": tablets.tablets(visit.crm), "authority": _authority(visit).is_file()})


@screens.post("/desk/tablets/pair", "user.write")
def invite(visit: Visit) -> Reply:
    """A link for one more tablet, to be photographed."""
    if not visit.base.startswith("https://"):
        return Shown("desk/tablets.html", {"tablets": tablets.tablets(visit.crm), "authority": False},
                     {"": PerthynError("desk.no_https")})  # fmt: skip
    address = visit.base + tablets.path(tablets.pairing(visit.crm))
    return Shown(
        "desk/invite.html", {"address": address, "drawn": drawn(address), "authority": _authority(visit).is_file()}
    )


@screens.post("/desk/tablets/{id:uuid}/end", "user.write")
def end(visit: Visit, id: UUID) -> Reply:
    """A tablet is let in no more."""
    tablets.end(visit.crm, id)
    return Went("/desk/tablets", visit.t("The tablet is let in no more."))


@screens.get("/desk/digits", SIGNED_IN)
def own_digits(visit: Visit) -> Reply:
    """The digits of one's own."""
    return Shown("desk/own_digits.html")


@screens.post("/desk/digits", SIGNED_IN)
def set_own_digits(visit: Visit) -> Reply:
    """Set them, or take them away."""
    try:
        tablets.set_digits(visit.crm, visit.person, visit.form.get("digits", ""))
    except PerthynError as error:
        return Shown("desk/own_digits.html", trouble={"digits": error})
    t = visit.t
    if not visit.form.get("digits"):
        return Went("/account", t("Saved. A tap on your name is enough at the desk."))
    return Went("/account", t("Saved. The tablets at the desk ask for your digits from now on."))


@screens.get("/desk/certificate", EVERYBODY)
def authority(visit: Visit) -> Reply:
    """What a tablet installs so that it warns no more."""
    file = _authority(visit)
    if not file.is_file():
        raise Unknown("web.nowhere")
    return Sent(file, "application/x-x509-ca-cert", "perthyn-desk.crt")


@screens.get("/offline", EVERYBODY)
def offline(visit: Visit) -> Reply:
    """What a browser keeps, and shows where it can't reach a page."""
    return Shown("desk/offline.html")


@screens.get("/worker.js", EVERYBODY)
def worker(visit: Visit) -> Reply:
    """What shows that page. It stands here to answer for all addresses; by its mark a browser sees a change."""
    made_of = [(WEB / one).read_bytes() for one in OFFLINE]
    mark = sha256(b"".join([version("perthyn").encode(), visit.crm.settings.organisation.encode(), *made_of]))
    body = (WEB / "static" / "worker.js").read_bytes() + f"// {mark.hexdigest()[:12]}\n".encode()
    return Sent(body, "text/javascript", headers={"cache-control": AN_HOUR})


def drawn(address: str) -> Markup:
    """An address as a square to photograph (ISO/IEC 18004)."""
    import segno

    made = segno.make(address, error="m")
    return Markup(made.svg_inline(scale=6, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))


def _authority(visit: Visit) -> Path:
    return visit.crm.settings.folder / AUTHORITY


def _tablet(visit: Visit) -> Tablet:
    found = tablets.by_cookie(visit.crm, visit.cookies.get(TABLET, ""))
    if found is None:
        raise Forbidden("desk.not_paired")
    return found


def _at_the_desk(visit: Visit, id: UUID) -> object:
    found = next((one for one, _ in tablets.those_at_the_desk(visit.crm) if one.id == id), None)
    if found is None:
        raise Forbidden("desk.nobody")
    return found
