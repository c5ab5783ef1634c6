"""`perthyn start`: one process that does everything: the door, the pages, and all that is due."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from io import StringIO
from socket import gethostname, socket
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import click

from perthyn.cli.once import told, worker_name
from perthyn.cli.session import Session, session
from perthyn.crm import Crm, Done
from perthyn.errors import PerthynError
from perthyn.pages import Pages
from perthyn_door.certificate import Certificate, addresses, certificate
from perthyn_door.desks import PATIENCE, Desks
from perthyn_door.door import Door, Seen
from perthyn_door.first_steps import FirstSteps
from perthyn_door.hand import Hand

PORT = 8741
EVERYWHERE = "0.0.0.0"  # nosec B104  # only for --desk, which says so and encrypts
ADDRESS = "PERTHYN_WEB__ADDRESS"
"""What tells the web app under which address it is reached, where perthyn.toml does not."""
LONGEST = 20.0
"""Seconds that a job may go on when it is to end; what is cut off then is taken up again later."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 for any that is free.")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front of it speaks HTTPS with the world.")
@click.option("--quiet", is_flag=True, help="Say nothing of single requests and jobs.")
@click.option("--open", "show", is_flag=True, help="Open the web app in this machine's browser, signed in.")
@click.option("--desk", is_flag=True, help="Let tablets on this network in, by HTTPS, once they are paired.")
@click.pass_context
def start(
    context: click.Context, host: str, port: int, behind_proxy: bool, quiet: bool, show: bool, desk: bool
) -> None:
    """Do everything, until Ctrl-C: take in what others send, show pages, fetch what is new, send on.

    What others send comes to /in/CHANNEL/ACCOUNT. It listens to this machine alone; whatever is to come from elsewhere
    comes through a proxy that speaks HTTPS, or, with --desk, from tablets in the house. Those who keep no server run
    perthyn once instead, every quarter of an hour.

    Example: perthyn start --open
    """
    s = session(context)
    if find_spec("uvicorn") is None:
        raise PerthynError("door.extra")
    from perthyn_door.serving import bound, serve

    if desk and context.get_parameter_source("host") is click.core.ParameterSource.DEFAULT:
        host = EVERYWHERE
    listening = bound(host, port, behind_proxy or desk)
    address, shown = at(listening, desk), None
    if desk:
        shown = certificate(s.folder, _names(address), s.now())
        s.environ = {ADDRESS: address, **s.environ}
    rooms = _Rooms(s, quiet)
    try:
        with listening:
            way, first = "", None
            try:
                app: Any = rooms.open()
            except PerthynError as error:
                if error.code != "store.missing" or not show or desk or behind_proxy:
                    raise
                app = first = FirstSteps(s, rooms.begun)
            else:
                rooms.say.opened(address)
                way = rooms.entrance("here") if show else ""
            tablet = rooms.entrance("tablet") if desk else ""

            def opened() -> None:
                if first is None:
                    rooms.hand.start()
                if shown is not None:
                    rooms.say.tablet(address + tablet, shown)
                if show:
                    there = address + (first.way if first else way)
                    entered(s, there)
                    click.launch(there)

            serve(app, listening, opened, shown, behind_proxy)
    finally:
        rooms.close()
    s.screen.sentence(s.t("Ended."))


class _Rooms:
    """What stands behind the door, from when there are records: desks, pages, the hand that does what is due."""

    desks: Desks | None = None
    hand: Hand
    say: _Saying

    def __init__(self, s: Session, quiet: bool) -> None:
        self._s, self._quiet = s, quiet

    def open(self) -> Door:
        """The door. Raises `PerthynError` (``store.missing`` and what opening a store raises)."""
        s, crm = self._s, self._s.crm()
        self.desks = Desks(lambda: s.another(PATIENCE))
        self.say = _Saying(s, crm, self._quiet)
        self.hand = Hand(s.another, worker_name(crm), self.say.done, self.say.hindered)
        pages = {prefix: one.make(self.desks) for prefix, one in crm.pages().items()}
        languages = [s.in_language(one) for one in ("cy", "en")]
        return Door(self.desks, pages, languages, s.now, self.say.seen, self.hand.wake)

    def begun(self) -> tuple[Door, str]:
        """The door now that there are records, with the way in for whoever sits here."""
        door = self.open()
        self.hand.start()
        return door, self.entrance("here")

    def entrance(self, who: str) -> str:
        """The way in for somebody."""
        assert self.desks is not None  # it is open
        return entrance(self._s.crm().pages(), self.desks, who)

    def close(self) -> None:
        """Let go of everything, when the present job is done."""
        if self.desks is None:
            return
        self.hand.end()
        if self.hand.ident is not None:
            self.hand.join(LONGEST)
        self.desks.close()


def entered(s: Session, address: str) -> None:
    """Say where whoever sits here comes in."""
    s.screen.sentence(s.t("Open this address in a browser; it lets you in once: {address}", address=address))
    sys.stdout.flush()


def at(listening: socket, desk: bool = False) -> str:
    """The address that it listens at, as a browser is told; for tablets, one that they reach.

    Raises `PerthynError` (``door.alone``) where this machine is on no network.
    """
    host, port = listening.getsockname()[:2]
    if desk and host == EVERYWHERE:
        found = addresses()
        if not found:
            raise PerthynError("door.alone")
        host = found[0]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{'https' if desk else 'http'}://{where}"


def _names(address: str) -> list[str]:
    """The names that a certificate is for: all by which this machine may be asked."""
    name = gethostname().lower()
    asked = urlsplit(address).hostname or ""
    return list(dict.fromkeys([asked, *addresses(), name, f"{name.partition('.')[0]}.local", "localhost", "127.0.0.1"]))


def entrance(pages: Mapping[str, Pages], desks: Desks, who: str) -> str:
    """The way in for somebody. Raises `PerthynError` (``door.nothing``) where no page has one."""
    for one in pages.values():
        if one.entrance is not None:
            return one.entrance(desks, who)
    raise PerthynError("door.nothing")


class _Saying:
    """What is said while it runs; more than one thread speaks."""

    def __init__(self, s: Session, crm: Crm, quiet: bool) -> None:
        self._s, self._crm, self._quiet, self._lock = s, crm, quiet, Lock()
        self._works = crm.works()

    def opened(self, address: str) -> None:
        t = self._s.t
        self._say(t("perthyn listens at {address}; Ctrl-C ends it.", address=address))
        for channel, account in self._crm.accounts():
            name = channel.title[t.language == "cy"] or channel.name
            facts = {"name": name, "way": f"/in/{channel.name}/{account}"}
            if channel.every is None:
                self._say(t("{name}: what is sent to {way} is taken in.", **facts))
            else:
                minutes = max(1, round(channel.every.total_seconds() / 60))
                self._say(t.n("{name}: looked at each minute; what is sent to {way} is taken in.",
                              "{name}: looked at every {n} minutes; what is sent to {way} is taken in.",
                              minutes, **facts))  # fmt: skip

    def tablet(self, address: str, shown: Certificate) -> None:
        """The way in for a tablet, to be typed or photographed, and what its browser will say."""
        import segno

        t, drawn = self._s.t, StringIO()
        segno.make(address, error="m").terminal(drawn, border=2, compact=True)
        self._say(t("On the tablet, photograph this square or open the address; it lets one tablet in, for an hour:"))
        self._say(f"{address}\n\n{drawn.getvalue()}")
        self._say(
            t(
                "The tablet's browser does not know this machine yet and warns. It is this machine, nobody else, if "
                "the certificate's authority shows {mark}. To be warned no more, install {file} on the tablet.",
                mark=shown.mark, file=shown.authority,
            )
        )  # fmt: skip

    def done(self, one: Done) -> None:
        if one.outcome != "done":
            self._aside(told(self._s.t, self._works, one))

    def hindered(self, error: Exception) -> None:
        known = error if isinstance(error, PerthynError) else PerthynError("door.hindered", why=type(error).__name__)
        self._aside(" ".join(filter(None, self._s.t.error(known))))

    def seen(self, one: Seen) -> None:
        if not self._quiet or one.error:
            time = f"{self._s.now():%Y-%m-%dT%H:%M:%SZ}"
            self._say(f"{time} {one.method} {one.where} {one.status} {one.seconds * 1000:.0f} ms {one.error}".rstrip())

    def _say(self, text: str) -> None:
        with self._lock:
            self._s.screen.sentence(text)
            sys.stdout.flush()

    def _aside(self, text: str) -> None:
        with self._lock:
            self._s.screen.warning(text)
            sys.stderr.flush()
