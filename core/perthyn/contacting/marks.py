"""Marks: Markdown as HTML and as plain text, both from one reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from perthyn.errors import PerthynError

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

OPEN, CLOSE = "\ue000", "\ue001"
"""Around the number of a place to be filled. Who writes them into a letter writes nothing."""
GO, GONE = "\ue002", "\ue003"
"""Around the number of a link that is counted."""
PRIVATE = dict.fromkeys(map(ord, OPEN + CLOSE + GO + GONE))

_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]*_]")
_SCHEMES = ("https://", "http://", "mailto:", "tel:")


class Marked:
    """One letter's Markdown: `links` are the web addresses in it, in order, each once.

    A line ends where the writer ended it, and a bare web address is a link. Raises `PerthynError` (``letter.image``,
    ``letter.link``, ``letter.field.in_link``).
    """

    def __init__(self, source: str, part: str) -> None:
        from markdown_it import MarkdownIt

        self._markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
        self._part = part
        self._tokens = self._markdown.parse(source)
        self.links: list[str] = []
        for token in self._tokens:
            if token.children:
                token.children = _with_bare_links(token.children)
                self._check(token.children)

    def _check(self, inline: Sequence[Token]) -> None:
        for token in inline:
            if token.type == "image":
                raise PerthynError("letter.image", part=self._part)
            if token.type == "link_open":
                href = str(token.attrGet("href") or "")
                if "%EE%80%80" in href or OPEN in href:
                    raise PerthynError("letter.field.in_link", part=self._part)
                if not href.lower().startswith(_SCHEMES):
                    raise PerthynError("letter.link", part=self._part, link=href)
                if href.lower().startswith("http") and href not in self.links:
                    self.links.append(href)

    def html(self, counted: Sequence[str] = ()) -> str:
        """As HTML; each link that is `counted` as its number between `GO` and `GONE`."""
        made: str = self._markdown.renderer.render(self._tokens, self._markdown.options, {})
        for number, link in enumerate(counted):
            href = escape(link, quote=False).replace('"', "&quot;")
            made = made.replace(f'<a href="{href}"', f'<a href="{GO}{number}{GONE}"')
        return made

    def text(self) -> str:
        """As plain text that reads well: links behind their words, lists with dashes and numbers."""
        from markdown_it.tree import SyntaxTreeNode

        return "\n".join(_lines(SyntaxTreeNode(self._tokens)))


def _with_bare_links(inline: Sequence[Token]) -> list[Token]:
    made: list[Token] = []
    within = 0
    for token in inline:
        within += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        made += [token] if within or token.type != "text" else _linked(token)
    return made


def _linked(token: Token) -> list[Token]:
    from markdown_it.token import Token

    made: list[Token] = []
    end = 0
    for found in _ADDRESS.finditer(token.content):
        words = token.content[end : found.start()]
        made += [Token("text", "", 0, content=words)] if words else []
        made.append(Token("link_open", "a", 1, attrs={"href": found[0]}))
        made.append(Token("text", "", 0, content=found[0]))
        made.append(Token("link_close", "a", -1))
        end = found.end()
    rest = token.content[end:]
    return [*made, Token("text", "", 0, content=rest)] if rest or not made else made


# --- plain text ----------------------------------------------------------------------------------------------


def _lines(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "root":
            return _blocks(node.children)
        case "paragraph" | "heading":
            return _inline(node.children[0]).split("\n")
        case "bullet_list":
            return [line for item in node.children for line in _indented(_blocks(item.children), "- ")]
        case "ordered_list":
            first = int(node.attrGet("start") or 1)
            items = enumerate(node.children, first)
            return [line for number, item in items for line in _indented(_blocks(item.children), f"{number}. ")]
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children)]
        case "hr":
            return ["* * *"]
        case _:  # code, which is left as it is
            return node.content.rstrip("\n").split("\n")


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> list[str]:
    """One block under the other, a line between them, unless they are a list's lines close together."""
    lines: list[str] = []
    for node in nodes:
        if lines and not node.hidden and not nodes[0].hidden:
            lines.append("")
        lines += _lines(node)
    return lines


def _indented(lines: Sequence[str], mark: str) -> list[str]:
    space = " " * len(mark)
    return [(space if number else mark) + line if line else "" for number, line in enumerate(lines)]


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            words = "".join(map(_inline, node.children))
            href = str(node.attrGet("href")).removeprefix("mailto:")
            return words if href in (words, f"tel:{words}") else f"{words} ({href})"
        case _:
            return "".join(map(_inline, node.children))
