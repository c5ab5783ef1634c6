"""Whether somebody asks for no more e-mails: a yes only for what can't be meant otherwise.

What merely might be meant so is *doubtful*, and a person reads it.
"""

from __future__ import annotations

import re
from typing import Literal

from perthyn.text import fold

Stop = Literal["yes", "no", "doubtful"]

_APART = re.compile(r"[^\w']+")
_MANY = 600
"""Characters of the beginning that are looked at for a plain request."""
_ENDS = re.compile(r"[.!?;:]+(?:\s+|$)|,\s+(?=[A-Z])")
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|ateb|ymlaen)\s*:\s*)+", re.IGNORECASE)

_PLEASE = r"(?:please|pls|plz|kindly|os gwelwch yn dda|plis|os gweli di'n dda)"
_THANKS = r"(?:thanks|thank you|many thanks|thx|cheers|diolch|diolch yn fawr|regards|kind regards|best wishes|cofion)"
_HELLO = r"(?:hi|hello|dear|helo|annwyl|good (?:morning|afternoon|evening)|bore da|prynhawn da|hei)"
_WANT = (
    r"(?:i(?: would|'d)? (?:want|like|wish)(?: to)?|i wish to|can you|could you|would you|can i|may i|"
    r"(?:hoffwn(?: i)?|dwi eisiau|dw i eisiau|rydw i eisiau|rwyf eisiau|rwyf am|dwi am|rwyf i am|a wnewch chi"
    r"|wnewch chi)(?: gael)?)"
)
_YOUR = r"(?:this|the|your|all|any|these|those|y|eich|ych|hwn|yma)"
_MAIL = (
    r"(?:e ?mails?|e-?mails?|messages?|mails?|mailings?|newsletters?|mailing list|mailing lists|e ?mail list"
    r"|lists?|updates?|"
    r"subscription|communications?|e ?byst|ebyst|e ?bost|ebost|negeseuon|cylchlythyr(?:au)?|rhestr(?: bostio"
    r"| e ?bostio)?)"
)
_FROM = (
    rf"(?: (?:from|off|to|oddi ar|o|oddi wrth|i|rhag|of))?(?: {_YOUR})*(?: (?:e ?mail|mailing|bostio))?(?: {_MAIL})"
    rf"(?: {_YOUR})?"
)
_SENDING = (
    r"(?:sending|e ?mailing|mailing|writing to|contacting|messaging)(?: me| us)?(?: (?:any|these|your|more"
    r"|further|the|all))*"
    rf"(?: {_MAIL})?"
)
_ASKS = "|".join((
    r"stop", rf"stop (?:{_YOUR} )?{_MAIL}", rf"stop {_SENDING}", r"stop (?:now|it|this|all)",
    rf"un ?subscribe(?: (?:me|us))?(?:{_FROM})?", r"unsub", rf"un ?subscription(?: {_PLEASE})?",
    rf"(?:remove|delete|take) (?:me|us|my (?:e ?mail )?address|my e ?mail|my name)(?: off)?(?:{_FROM})?",
    rf"opt(?: me)? out(?:{_FROM})?", rf"cancel (?:my |this |the )?(?:{_MAIL})",
    rf"no more (?:{_MAIL})(?: to me| from you)?",
    rf"(?:do not|don'?t|never) (?:send|e ?mail|contact|mail|write to)(?: me"
    rf"| us)?(?: any)?(?: more)?(?: of)?(?: {_YOUR})?"
    rf"(?: {_MAIL})?(?: (?:again|any ?more|ever again))?",
    rf"(?:to )?(?:be )?(?:removed|unsubscribed|taken off)(?:{_FROM})?",
    rf"dd?ad ?danysgrif(?:io|iwch|ia|iad)(?: (?:fi|ni))?(?:{_FROM})?", r"stopi(?:o|wch)", rf"stopi(?:o"
    rf"|wch) (?:yr? )?{_MAIL}",
    rf"stopi(?:o|wch) anfon(?: {_YOUR})?(?: {_MAIL})?(?: (?:ataf|ata|i mi|ata i|ataf i))?",
    rf"dim (?:mwy|rhagor)(?: o)?(?: {_YOUR})? {_MAIL}",
    rf"peidiwch (?:ag?|â) (?:anfon|e ?bostio|cysylltu)(?: (?:mwy|rhagor|dim"
    rf"|unrhyw))*(?: o)?(?: {_YOUR})?(?: {_MAIL})?"
    r"(?: (?:ataf|ata|ata i|ataf i|i mi|ataf eto|eto|â mi|a fi))*",
    rf"tynnwch (?:fi|ni|fy (?:enw|nghyfeiriad))(?: i)?(?:{_FROM})?", rf"dileu(?: fi)?(?:{_FROM})?",
))  # fmt: skip
_PLAIN = re.compile(
    rf"(?:{_PLEASE} )?(?:{_WANT} )?(?:{_PLEASE} )?(?:to )?(?:{_ASKS})(?: {_PLEASE})?(?: (?:now|immediately"
    rf"|nawr))?(?: {_THANKS})?"
)
_COURTESY = re.compile(rf"(?:{_HELLO}(?: [\w' ]{{1,60}})?|{_THANKS}(?: [\w' ]{{1,60}})?|{_PLEASE})")
_NEVER_STOP = re.compile(
    r"\b(?:don'?t|do not|never|won'?t|not|peidiwch a|paid a|ddim eisiau|ddim am)(?: \w+){0,3} "
    r"(?:stop|unsubscrib|un subscrib|dad ?danysgrif|ddad ?danysgrif|stopio|opt)"
)
_MENTIONS = re.compile(
    r"\bun ?subscri|\bdd?ad ?danysgrif|\bopt(?:ing)?(?: me)? out\b|\b(?:remove|take|delete) (?:me|us|my)\b"
    r"|\bmailing list\b"
    r"|\bstop (?:\w+ ){0,2}(?:sending|e ?mail|mail|messag|contact|writ|newsletter)"
    r"|\bno more (?:\w+ )?(?:e ?mail|mail|newsletter)"
    r"|\b(?:stopi?o?w?c?h?|peidiwch) (?:\w+ ){0,3}(?:e ?byst|ebyst|e ?bost|anfon|cysylltu)|\btynnwch (?:fi|fy)\b"
    r"|\b(?:don'?t|do not) (?:\w+ ){0,2}(?:e ?mail|mail|send|contact|write)"
)


def asks_to_stop(subject: str, text: str) -> Stop:
    """What `text` (somebody's own words, nothing quoted) asks for; where there is none, what the subject does.

    A subject that repeats ours (``Re: ...``) is no words of theirs.
    """
    answered = bool(_PREFIX.match(subject))
    named = _plainly(_PREFIX.sub("", subject))
    first, bare = _first_sentence(text)
    if (_plainly(first) and not bare) or (named and not answered):
        return "yes"
    said = _words(text[:20_000])
    if named or bare:
        return "doubtful"
    if _NEVER_STOP.search(said):
        return "no" if len(_MENTIONS.findall(_NEVER_STOP.sub(" ", said))) == 0 else "doubtful"
    return "doubtful" if _MENTIONS.search(said) or (not answered and _MENTIONS.search(_words(subject))) else "no"


def _first_sentence(text: str) -> tuple[str, bool]:
    """The first sentence that is no greeting; whether it is a small ``stop`` with more behind it (``Stop! Look!``)."""
    for line in text[:_MANY].splitlines():
        sentences = [one for one in _ENDS.split(line) if _words(one)]
        for place, sentence in enumerate(sentences):
            if not _COURTESY.fullmatch(_words(sentence)):
                more = place + 1 < len(sentences)
                return sentence, more and _words(sentence) == "stop" and "STOP" not in sentence
    return "", False


def _plainly(sentence: str) -> bool:
    return bool(_PLAIN.fullmatch(_words(sentence[:200])))


def _words(text: str) -> str:
    """Folded words with one space between; a hyphen is a space too."""
    return " ".join(word for word in _APART.split(fold(text).replace("’", "'")) if word)
