"""Letterhead: what stands around a letter's own words: the frame of its HTML, who sends it, how to say no."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from perthyn.channel import Sender
from perthyn.contacting.marks import CLOSE, OPEN
from perthyn.text import Translator

TOKEN, REFUSE = f"{OPEN}token{CLOSE}", f"{OPEN}refuse{CLOSE}"
"""Where the letter's token and the page to say no stand, until a letter is made."""
STOP = {"en": "STOP", "cy": "DAD-DANYSGRIFIO"}

_HEAD = """<!DOCTYPE html>
<html lang="{language}" dir="ltr" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
body {{ margin: 0; padding: 0; background: #f3f1ec; }}
.sheet {{ background: #ffffff; border-top: 4px solid #8a2b32; }}
.words {{ font-family: Georgia, 'Times New Roman', serif; font-size: 17px; line-height: 1.55; color: #22201c; }}
.foot {{ font-family: Arial, Helvetica, sans-serif; font-size: 14px; line-height: 1.5; color: #5b564d; }}
.words h1, .words h2, .words h3 {{ line-height: 1.25; margin: 1.3em 0 0.5em; color: #22201c; }}
.words h1 {{ font-size: 26px; }} .words h2 {{ font-size: 21px; }} .words h3 {{ font-size: 18px; }}
.words p, .foot p {{ margin: 0 0 1em; }}
.words li {{ margin: 0 0 0.4em; }}
.words blockquote {{ margin: 0 0 1em; padding: 0 0 0 16px; border-left: 3px solid #8a2b32; }}
.words hr {{ border: 0; border-top: 1px solid #d8d3c8; margin: 1.6em 0; }}
.words a, .foot a {{ color: #8a2b32; text-decoration: underline; overflow-wrap: anywhere; }}
@media (max-width: 480px) {{ .pad {{ padding: 22px 18px !important; }} .page, .sheet {{ table-layout: fixed; }} }}
@media (prefers-color-scheme: dark) {{
body, .page {{ background: #1b1a18 !important; }}
.sheet {{ background: #262420 !important; border-color: #f0a3a8 !important; }}
.words, .words h1, .words h2, .words h3 {{ color: #f2efe8 !important; }}
.foot {{ color: #c2bcb0 !important; }}
.words a, .foot a {{ color: #f0a3a8 !important; }}
.words blockquote {{ border-color: #f0a3a8 !important; }} .words hr {{ border-color: #4a463f !important; }}
}}
</style>
</head>
<body>
<div role="article" aria-roledescription="email" aria-label="{title}" lang="{language}">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f1ec">
<tr><td align="center" style="padding: 24px 8px;">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff"
 style="max-width: 600px; border-top: 4px solid #8a2b32;">
"""
_PART = """<tr><td class="words pad" lang="{language}" align="left" style="padding: 30px 36px 14px; font-family:
 Georgia, 'Times New Roman', serif; font-size: 17px; line-height: 1.55;">
{words}</td></tr>
"""
_BETWEEN = """<tr><td class="pad" style="padding: 0 36px;">
<hr style="border: 0; border-top: 1px solid #d8d3c8; margin: 0;">
</td></tr>
"""
_FOOT = """<tr><td class="foot pad" lang="{language}" align="left" style="padding: 14px 36px 20px; font-family: Arial,
 Helvetica, sans-serif; font-size: 14px; line-height: 1.5;">
{lines}</td></tr>
"""
_TAIL = """</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</div>
</body>
</html>
"""


def framed(title: str, parts: list[tuple[str, str]], feet: list[tuple[str, str]]) -> str:
    """A whole page: (language, HTML) of each letter, the first language first, and of each foot.

    Tables and inline styles, since Outlook knows no others; nothing is fetched from anywhere.
    """
    letters = _BETWEEN.join(_PART.format(language=language, words=words) for language, words in parts)
    below = "".join(_FOOT.format(language=language, lines=lines) for language, lines in feet)
    return _HEAD.format(language=parts[0][0], title=title) + letters + _BETWEEN + below + _TAIL


def foot(sender: Sender, purpose: str, language: str, t: Translator, *, offers: bool, page: bool) -> list[str]:
    """Who sends a letter and why, and where it `offers` that, how to say no: lines of text, an address with spaces."""
    name, postal = sender.name(language), _line(sender.postal)
    lines = [t("From: {sender}", sender=postal if postal.startswith(name) else ", ".join(filter(None, (name, postal))))]
    if not offers:
        return [*lines, t("It is about something that you booked, gave or asked us for.")]
    lines.append(_why(purpose, t))
    if page:
        lines.append(t("To choose what we send you, or to stop it: {link}", link=REFUSE))
    if sender.reply_to:
        lines.append(
            t(
                "To stop it by email: answer with the word {word}, or write to {address}",
                word=STOP[language],
                address=sender.reply_to,
            )
        )
    return lines


def _why(purpose: str, t: Translator) -> str:
    if purpose == "fundraising":
        return t("We send you this to tell you about our charity's work and how to support it.")
    return t("We send you this to tell you about our events, our shop and membership.")


def _line(address: str) -> str:
    return ", ".join(line.strip(" ,") for line in address.splitlines() if line.strip(" ,"))


def as_html(lines: list[str], sender: Sender, language: str) -> str:
    """The foot's lines as HTML; what can be followed is a link."""
    made = []
    for line in lines:
        words = escape(line)
        if REFUSE in words:  # its address is long, and says nothing to a reader
            words = f'<a href="{REFUSE}">{words.partition(REFUSE)[0].rstrip(": ")}</a>'
        if sender.reply_to:
            address = escape(sender.reply_to)
            mail = f"mailto:{quote(sender.reply_to, safe='@+')}?subject={STOP[language]}%20{TOKEN}"
            words = words.replace(address, f'<a href="{escape(mail)}">{address}</a>')
        made.append(f"<p>{words}</p>\n")
    return "".join(made)
