"""`perthyn campaign preview|test|send|resume|resolve`: what people would read, and sending it."""

from __future__ import annotations

import os
import platform
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from perthyn.cli.campaign_words import audience_facts, show_sent
from perthyn.cli.session import Session, session
from perthyn.cli.shown import agree, dry_run_option, json_option, yes_option
from perthyn.contacting.ledger import language_for
from perthyn.contacting.letters import Written
from perthyn.contacting.words import LANGUAGE
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import Campaign, Contact, Message

A_FEW = 1
"""How many of each language a preview shows."""
limit_option = click.option("--limit", type=click.IntRange(1), help="How many letters at most.")


@click.command()
@click.argument("name")
@click.option("--for", "who", metavar="WHO", help="As this person would read it.")
@click.option("--write", "folder", type=click.Path(), help="Write the letters to this folder, as HTML and text.")
@json_option
@click.pass_context
def preview(context: click.Context, name: str, who: str | None, folder: str | None) -> None:
    """Show what people would read, whom it would reach now, and who is held and why. Nothing is sent.

    Example: perthyn campaign preview spring-news --for "Siân Llŷr" --write preview

    With --json: problems, audience, letters (name, contact, language, subject, text, html).
    """
    s = session(context)
    crm = s.crm()
    one = crm.campaign(name)
    problems = crm.problems_of(one)
    audience = crm.audience(one) if one.segment else None
    letters = list(_letters(crm, one, [crm.who(who)] if who else _first_few(crm, one)))
    if folder:
        _write(Path(folder), one, letters)
    told = [{"code": each.code, "facts": dict(each.facts)} for each in problems]
    if s.screen.data({"problems": told, "audience": audience, "letters": [_json(*each) for each in letters]}):
        return
    for reader, language, said in letters:
        s.screen.heading(s.t("{name}: {language}", name=reader.shown_name, language=s.t(LANGUAGE[language])))
        if isinstance(said, PerthynError):
            s.screen.warning(" ".join(filter(None, s.t.error(said))))
        else:
            s.screen.sentence(s.t("Subject: {subject}", subject=said.subject))
            s.screen.sentence(said.text)
    if audience is not None:
        s.screen.heading(s.t("Whom it would reach now"))
        audience_facts(s, audience)
    for each in problems:
        s.screen.warning(" ".join(filter(None, s.t.error(each))))


def _first_few(crm: Crm, one: Campaign) -> list[Contact]:
    """The first of each language who would get it."""
    chosen: dict[str, list[Contact]] = {}
    for line in crm.audience_lines(one) if one.segment else ():
        some = chosen.setdefault(line.language, [])
        if line.goes and len(some) < A_FEW:
            some += crm.store.get(Contact, [line.contact]).values()
    return [contact for some in chosen.values() for contact in some]


def _letters(crm: Crm, one: Campaign, people: list[Contact]) -> Iterator[tuple[Contact, str, Written | PerthynError]]:
    letters = crm.letters(one)
    for contact in people:
        try:
            yield (contact, *crm.letter_for(one, contact, letters))
        except PerthynError as error:
            yield contact, language_for(one, contact), error


def _json(contact: Contact, language: str, said: Written | PerthynError) -> dict[str, object]:
    about: dict[str, object] = {"name": contact.shown_name, "contact": contact.id, "language": language}
    if isinstance(said, PerthynError):
        return {**about, "problem": said.code}
    return {**about, "subject": said.subject, "text": said.text, "html": said.html}


def _write(folder: Path, one: Campaign, letters: list[tuple[Contact, str, Written | PerthynError]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for contact, _, said in letters:
            if isinstance(said, Written):
                name = f"{one.code}-{contact.id.hex[-6:]}"
                (folder / f"{name}.txt").write_text(f"{said.subject}\n\n{said.text}", encoding="utf-8")
                (folder / f"{name}.html").write_text(said.html, encoding="utf-8")
    except OSError as error:
        raise PerthynError("export.unwritable", file=str(folder), why=error.strerror or str(error)) from error


@click.command()
@click.argument("name")
@click.option("--to", "address", required=True, help="An address of your own.")
@click.option("--for", "who", metavar="WHO", help="As this person would read it.")
@json_option
@click.pass_context
def test(context: click.Context, name: str, address: str, who: str | None) -> None:
    """Send one letter to yourself, as somebody would read it; nothing is noted.

    Example: perthyn campaign test spring-news --to me@example.org

    With --json: reply, reference, left (whether it really left).
    """
    s = session(context)
    crm = s.crm()
    answer, left = crm.send_test(crm.campaign(name), address, crm.who(who) if who else None)
    if s.screen.data({"reply": answer.reply, "reference": answer.reference, "left": left}):
        return
    if left:
        s.screen.sentence(s.t("Sent to {address}: {reply}", address=address, reply=answer.reply))
    else:
        s.screen.sentence(s.t("This is a rehearsal, so it has not left: {reply}", reply=answer.reply))


@click.command()
@click.argument("name")
@limit_option
@yes_option
@dry_run_option
@json_option
@click.pass_context
def send(context: click.Context, name: str, limit: int | None, yes: bool, dry_run: bool) -> None:
    """Send a campaign: its segment is worked out now, and stays so. It can be stopped (Ctrl-C) and resumed.

    Each person is asked for by the one door at the moment their letter leaves. What went out can't be undone.

    Example: perthyn campaign send spring-news

    With --json: sent, failed, later, held, unknown, waiting, due, why, rehearsal. With --dry-run: problems, audience.
    """
    s = session(context)
    crm = s.crm()
    one = crm.campaign(name)
    if dry_run:
        _rehearse_on_paper(s, crm, one)
        return
    channel, reach = crm.way_out(one)
    if channel.live(reach) and one.state == "draft":
        for problem in crm.problems_of(one):
            raise problem
        audience_facts(s, crm.audience(one))
        agree(s, one.code, yes)
        crm.freeze(one)
        one = crm.campaign(name)
    _send_on(s, crm, one, limit)


def _rehearse_on_paper(s: Session, crm: Crm, one: Campaign) -> None:
    problems, audience = crm.problems_of(one), crm.audience(one)
    told = [{"code": each.code, "facts": dict(each.facts)} for each in problems]
    if s.screen.data({"problems": told, "audience": audience}):
        return
    audience_facts(s, audience)
    for problem in problems:
        s.screen.warning(" ".join(filter(None, s.t.error(problem))))
    s.screen.sentence(s.t("Nothing has been sent."))


@click.command()
@click.argument("name")
@limit_option
@json_option
@click.pass_context
def resume(context: click.Context, name: str, limit: int | None) -> None:
    """Go on with a campaign that was stopped, or of which some still wait.

    Example: perthyn campaign resume spring-news

    With --json: sent, failed, later, held, unknown, waiting, due, why, rehearsal.
    """
    s = session(context)
    crm = s.crm()
    _send_on(s, crm, crm.resume(crm.campaign(name)), limit)


def _send_on(s: Session, crm: Crm, one: Campaign, limit: int | None) -> None:
    """Send, showing how far it has come; Ctrl-C lets the letter in hand go and stops there."""
    label = s.t("Sending {name}", name=one.name(s.t.language))
    with _stopping() as stopped, s.screen.progress(label) as advance:
        done = crm.send_on(one, worker(), limit=limit, stop=stopped, wait=time.sleep, told=advance)
    if stopped() and done.waiting:
        crm.pause(one)
    if s.screen.data(done):
        return
    show_sent(s, crm, one, done)


def worker() -> str:
    """A name for this process that no other has now."""
    return f"{platform.node() or 'here'}:{os.getpid()}"


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Answers whether somebody has pressed Ctrl-C; a second time stops at once."""
    pressed: list[bool] = []

    def press(number: int, frame: Any) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before: Any = None
    with suppress(ValueError):  # not in the main thread
        before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


@click.command()
@click.argument("name")
@click.option("--sent", "outcome", flag_value="sent", help="They went out.")
@click.option("--again", "outcome", flag_value="again", help="They did not: send them.")
@click.option("--refused", is_flag=True, help="Those that were refused for good instead, and why.")
@click.option("--for", "who", metavar="WHO", multiple=True, help="Only this person's; may be given again.")
@json_option
@click.pass_context
def resolve(context: click.Context, name: str, outcome: str | None, refused: bool, who: tuple[str, ...]) -> None:
    """List the letters of which nobody knows whether they went out, or say what became of them.

    They were in the hand of a sender that was stopped. Look into the mail server's log or the folder of sent mail.
    Those that were refused are sent again with --refused --again, once the reason is mended.

    Example: perthyn campaign resolve spring-news --sent --for "Siân Llŷr"

    With --json: a list of message, contact, name, address, worker, claimed, rule, reply; with --sent or --again the
    change.
    """
    s = session(context)
    crm = s.crm()
    t = s.t
    one = crm.campaign(name)
    lines = crm.refused(one) if refused else crm.unknown(one)
    if who:
        chosen = {crm.who(each).id for each in who}
        lines = [line for line in lines if line.contact in chosen]
    if outcome:
        receipt = crm.resolve(one, lines, outcome == "sent")
        if not s.screen.data(receipt):
            s.screen.sentence(t.n("{n} letter is settled.", "{n} letters are settled.", len(lines)))
        return
    people = crm.store.get(Contact, {line.contact for line in lines})
    if s.screen.data([_unknown_json(line, people[line.contact]) for line in lines]):
        return
    if not lines:
        s.screen.sentence(t("There is no such letter."))
        return
    if refused:
        said = [[people[line.contact].shown_name, line.address, line.reply] for line in lines]
        s.screen.table([t("Name"), t("To the address"), t("Answer")], said, "<<<")
        s.screen.sentence(t("Send them again: perthyn campaign resolve {code} --refused --again", code=one.code))
        return
    rows = [
        [people[line.contact].shown_name, line.address, line.worker,
         t.instant(line.claimed.astimezone(crm.zone)) if line.claimed else None]
        for line in lines
    ]  # fmt: skip
    s.screen.table([t("Name"), t("To the address"), t("In hand of"), t("Since")], rows, "<<<<")


def _unknown_json(line: Message, contact: Contact) -> dict[str, object]:
    about: dict[str, object] = {"message": line.id, "contact": contact.id, "name": contact.shown_name}
    return {**about, **{name: getattr(line, name) for name in ("address", "worker", "claimed", "rule", "reply")}}


COMMANDS: tuple[click.Command, ...] = (preview, test, send, resume, resolve)
"""What `perthyn campaign` has of these."""
