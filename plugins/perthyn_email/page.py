"""Page: how the preference page looks, in either language. It is made of nothing but what stands here."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from perthyn.channel import Sender
from perthyn.text import Translator
from perthyn_email.wishes import PURPOSES, Reader

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ground: #f3f1ec; --ink: #22201c; --soft: #5b564d; --line: #b9b2a4;
  --accent: #8a2b32; --on-accent: #fff; --good: #1d5c3a; --good-ground: #e8f3ec; }
@media (prefers-color-scheme: dark) { :root { --paper: #262420; --ground: #1b1a18; --ink: #f2efe8; --soft: #c2bcb0;
  --line: #6d675c; --accent: #f0a3a8; --on-accent: #2a0d10; --good: #a8dcbc; --good-ground: #1f3428; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 Georgia, "Times New Roman", serif; }
main { max-width: 36rem; margin: 0 auto; padding: 1rem; }
.sheet { background: var(--paper); border-top: 4px solid var(--accent); border-radius: 0 0 .5rem .5rem;
  padding: 1.25rem 1.25rem 1.75rem; }
.top { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding: .75rem 0;
  font-family: system-ui, sans-serif; font-size: .9375rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .25rem 0 .75rem; }
h2, legend { font-size: 1.125rem; font-weight: bold; margin: 0 0 .5rem; padding: 0; }
fieldset { border: 0; margin: 0 0 1.5rem; padding: 0; }
label { display: flex; gap: .75rem; align-items: flex-start; padding: .7rem .75rem; margin: 0 0 .5rem;
  border: 1px solid var(--line); border-radius: .4rem; cursor: pointer; }
input { width: 1.375rem; height: 1.375rem; margin: .1rem 0 0; flex: none; accent-color: var(--accent); }
button { font: inherit; font-weight: bold; min-height: 3rem; width: 100%; padding: .6rem 1.25rem; border-radius: .4rem;
  border: 2px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.second { background: transparent; color: var(--accent); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.said { background: var(--good-ground); color: var(--good); border-left: 4px solid var(--good); padding: .75rem 1rem;
  margin: 0 0 1.25rem; }
.soft { color: var(--soft); font-size: .9375rem; }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.75rem 0; }
@media (min-width: 40rem) { .sheet { padding: 2rem 2.25rem 2.25rem; } button { width: auto; } }
"""
_OTHER = {"cy": ("en", "English"), "en": ("cy", "Cymraeg")}
_WISHES = (("cy", "Cymraeg"), ("en", "English"), ("both", "Cymraeg + English"))


def words_of(t: Translator) -> dict[str, str]:
    """What each purpose is called on the page: the wording that somebody says yes to."""
    return {
        PURPOSES[0]: t("Yes, send me emails about your events, your shop and membership."),
        PURPOSES[1]: t("Yes, send me emails about your charity's work and how I can support it."),
    }


def asked_page(
    t: Translator, sender: Sender, language: str, reader: Reader, allowed: Mapping[str, bool], *, saved: bool
) -> str:
    """The form, with what is so now; `saved`: what was chosen a moment ago is written down."""
    name = sender.name(language)
    said = f'<p class="said" role="status">{escape(t("Thank you. That is written down, and counts from now on."))}</p>'
    wishes = words_of(t)
    boxes = "".join(
        f'<label><input type="checkbox" name="wanted" value="{purpose}"{_checked(allowed[purpose])}>'
        f"<span>{escape(wishes[purpose])}</span></label>"
        for purpose in PURPOSES
    )
    wished = reader.contact.language or "both"
    radios = "".join(
        f'<label><input type="radio" name="language" value="{value}"{_checked(value == wished)}>'
        f"<span{'' if value == 'both' else f' lang={chr(34)}{value}{chr(34)}'}>{shown}</span></label>"
        for value, shown in _WISHES
    )
    body = f"""<h1>{escape(t("What may we send you?"))}</h1>
{said if saved else ""}<p>{escape(t("This is about emails to {address}.", address=reader.masked))}</p>
<form method="post">
<fieldset><legend>{escape(t("Emails"))}</legend>{boxes}</fieldset>
<fieldset><legend>{escape(t("In which language?"))}</legend>{radios}</fieldset>
<button name="do" value="save">{escape(t("Save"))}</button>
</form>
<hr>
<form method="post">
<h2>{escape(t("Or none at all"))}</h2>
<label><input type="checkbox" name="everywhere" value="yes">
<span>{escape(t("Nor by post, phone or text message."))}</span></label>
<button class="second" name="do" value="stop">{escape(t("Stop these emails"))}</button>
<p class="soft">{escape(t("Tickets, receipts and answers to what you ask still reach you."))}</p>
</form>
{_foot(t, sender)}"""
    return _framed(t("What may we send you?"), name, language, body, switch=True)


def stopped_page(t: Translator, sender: Sender, language: str) -> str:
    """That no more comes."""
    body = f"<h1>{escape(t('You will get no more of these emails.'))}</h1>{_foot(t, sender)}"
    return _framed(t("You will get no more of these emails."), sender.name(language), language, body)


def strange_page(words: Mapping[str, Translator], sender: Sender) -> str:
    """For a link that leads nowhere, in both languages, with another way to say no."""
    parts = []
    for language in ("cy", "en"):
        t = words[language]
        parts.append(
            f'<section lang="{language}"><h1>{escape(t("This link does not work any more."))}</h1>'
            f"<p>{escape(t('Perhaps it was cut in two on its way. Nothing has been changed.'))}</p>"
            f"{_foot(t, sender)}</section>"
        )
    title = words["cy"]("This link does not work any more.")
    return _framed(title, sender.name("cy"), "cy", "<hr>".join(parts))


def _checked(yes: bool) -> str:
    return " checked" if yes else ""


def _foot(t: Translator, sender: Sender) -> str:
    """Another way to say no."""
    if not sender.reply_to:
        return ""
    address = escape(sender.reply_to)
    sentence = escape(t("You can also write to us: {address}", address="\0"))
    return (
        f'<p class="soft">{sentence.replace(chr(0), f"<a href={chr(34)}mailto:{address}{chr(34)}>{address}</a>")}</p>'
    )


def _framed(title: str, name: str, language: str, body: str, *, switch: bool = False) -> str:
    other, shown = _OTHER[language]
    link = f'<a href="?lang={other}" lang="{other}" hreflang="{other}">{shown}</a>' if switch else ""
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)} | {escape(name)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<div class="top"><strong>{escape(name)}</strong>{link}</div>
<div class="sheet">
{body}
</div>
</main>
</body>
</html>
"""
