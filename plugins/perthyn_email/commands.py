"""`perthyn email`: whether letters would arrive, and the switch that lets them leave."""

from __future__ import annotations

from typing import Any

import click

from perthyn.cli.session import Session, session
from perthyn.cli.shown import json_option
from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.settings import FILE, write_settings
from perthyn_email.checks import Finding, all_findings
from perthyn_email.settings import SECTION


@click.group()
def email() -> None:
    """Email: whether letters would arrive, and whether they leave."""


@email.command()
@json_option
@click.pass_context
def check(context: click.Context) -> None:
    """Look whether letters would arrive: what the DNS says of your domain, whether the mail servers let you in.

    Nothing is sent. Ends with exit code 1 when something is wrong.

    Example: perthyn email check

    With --json: a list: well (true, false, null), code, facts, wrong (the words), next.
    """
    s = session(context)
    found = all_findings(s.crm().house)
    if not s.screen.data(_told(s, found)):
        _shown(s, found)
    if _wrong(found):
        context.exit(1)


@email.command()
@click.option("--off", is_flag=True, help="Back to the rehearsal: letters become files again.")
@click.option("--anyway", is_flag=True, help="Although something was found to be wrong.")
@json_option
@click.pass_context
def live(context: click.Context, off: bool, anyway: bool) -> None:
    """Let letters leave, where nothing is found to be wrong. Until then each becomes a file in the folder letters.

    Ends with exit code 1 when they stay.

    Example: perthyn email live

    With --json: live, checks (as perthyn email check says them).
    """
    s = session(context)
    house = s.crm().house
    found = [] if off else [one for one in all_findings(house) if one[1] != "email.rehearsing"]
    leave = not off and (anyway or not _wrong(found))
    if leave or off:
        _switch(house, leave)
    if not s.screen.data({"live": leave, "checks": _told(s, found)}):
        _shown(s, found)
        s.screen.sentence(_outcome(s, leave, off))
    if not (leave or off):
        context.exit(1)


def _outcome(s: Session, leave: bool, off: bool) -> str:
    if leave:
        return s.t("Letters leave from now on. Back to the rehearsal: perthyn email live --off")
    if off:
        return s.t("Letters do not leave any more. They become files in the folder letters.")
    return s.t("Letters do not leave yet: mend what is wrong, and try again.")


def _wrong(found: list[Finding]) -> bool:
    return any(well is False for well, _, _ in found)


def _told(s: Session, found: list[Finding]) -> list[dict[str, Any]]:
    told = []
    for well, code, facts in found:
        wrong, step = s.t.error(PerthynError(code, **facts))
        told.append({"well": well, "code": code, "facts": facts, "wrong": wrong, "next": step})
    return told


def _shown(s: Session, found: list[Finding]) -> None:
    marks = {True: s.t("well"), None: s.t("to do"), False: s.t("wrong")}
    rows = [[marks[one["well"]], " ".join(filter(None, (one["wrong"], one["next"])))] for one in _told(s, found)]
    if rows:
        s.screen.table([s.t("State"), s.t("What was looked at")], rows, "<<")


def _switch(house: House, live: bool) -> None:
    """Write it into perthyn.toml, and leave the rest of the file as it stands."""
    import tomlkit

    file = house.folder / FILE
    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    section = document.get(SECTION, tomlkit.table())
    section["live"] = live
    write_settings(house.folder, {SECTION: section})
