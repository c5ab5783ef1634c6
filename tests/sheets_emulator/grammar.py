"""The grammar of formulas: text to a tree of tuples."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sheets_emulator import a1

Tree = tuple[Any, ...]


class Unreadable(Exception):
    """The formula does not parse."""


_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"]|"")*")'
    r"|(?P<error>#REF!|#N/A|#NAME\?|#VALUE!|#DIV/0!|#NUM!|#NULL!)"
    r"|(?P<ref>(?:(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!)?"
    r"(?:\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::\$?[A-Za-z]{1,3}(?:\$?[1-9]\d*)?)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?:\$?[1-9]\d*)?|\$?[1-9]\d*:\$?[1-9]\d*))(?![\w(.!])"
    r"|(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<sign><>|<=|>=|[-+*/^&=<>%(),;]))"
)
_ORDER = ({"=", "<>", "<", ">", "<=", ">="}, {"&"}, {"+", "-"}, {"*", "/"}, {"^"})


@lru_cache(maxsize=4096)
def tree(text: str) -> Tree:
    """The tree of a formula with its `=`: ("number", 1), ("ref", tab, area), ("call", name, args), (sign, left, right).

    Raises:
        Unreadable: it does not parse.
    """
    tokens = _tokens(text.removeprefix("="))
    found, rest = _binary(tokens, 0)
    if rest:
        raise Unreadable(text)
    return found


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The parts of a tree that are trees themselves."""
    if tree[0] in ("number", "text", "blank", "error", "ref", "name"):
        return ()
    return tree[2] if tree[0] == "call" else tree[1:]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise Unreadable(text)
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        at = match.end()
    return tokens


def _binary(tokens: list[tuple[str, str]], level: int) -> tuple[Tree, list[tuple[str, str]]]:
    if level == len(_ORDER):
        return _unary(tokens)
    left, tokens = _binary(tokens, level + 1)
    while tokens and tokens[0][0] == "sign" and tokens[0][1] in _ORDER[level]:
        sign = tokens[0][1]
        right, tokens = _binary(tokens[1:], level + 1)
        left = (sign, left, right)
    return left, tokens


def _unary(tokens: list[tuple[str, str]]) -> tuple[Tree, list[tuple[str, str]]]:
    if tokens and tokens[0] in (("sign", "-"), ("sign", "+")):
        inner, rest = _unary(tokens[1:])
        return ("negative" if tokens[0][1] == "-" else "positive", inner), rest
    found, tokens = _atom(tokens)
    while tokens and tokens[0] == ("sign", "%"):
        found, tokens = ("percent", found), tokens[1:]
    return found, tokens


def _atom(tokens: list[tuple[str, str]]) -> tuple[Tree, list[tuple[str, str]]]:
    if not tokens:
        raise Unreadable
    (kind, text), rest = tokens[0], tokens[1:]
    if kind == "text":
        return ("text", text[1:-1].replace('""', '"')), rest
    if kind == "number":
        return ("number", float(text) if not text.isdigit() else int(text)), rest
    if kind == "error":
        return ("error", text), rest
    if kind == "ref":
        tab, area = a1.split(text)
        return ("ref", tab if area is not None else None, a1.area((area or tab or "").replace("$", ""))), rest
    if kind == "name" and rest and rest[0] == ("sign", "("):
        args, rest = _arguments(rest[1:])
        return ("call", text.upper(), args), rest
    if kind == "name":
        return ("name", text), rest
    if text == "(":
        inner, rest = _binary(rest, 0)
        if not rest or rest[0] != ("sign", ")"):
            raise Unreadable
        return inner, rest[1:]
    raise Unreadable


def _arguments(tokens: list[tuple[str, str]]) -> tuple[tuple[Tree, ...], list[tuple[str, str]]]:
    args: list[Tree] = []
    if tokens and tokens[0] == ("sign", ")"):
        return (), tokens[1:]
    while tokens:
        if tokens[0][1] in (",", ";", ")") and tokens[0][0] == "sign":
            args.append(("blank",))
        else:
            found, tokens = _binary(tokens, 0)
            args.append(found)
        if not tokens or tokens[0][0] != "sign" or tokens[0][1] not in (",", ";", ")"):
            raise Unreadable
        end, tokens = tokens[0][1], tokens[1:]
        if end == ")":
            return tuple(args), tokens
    raise Unreadable
