"""Folding: what a template says of itself, in one language, is worked out when it is compiled, not at each visit.

``_("Save")``, ``icon("check")`` and ``asset("perthyn.css")`` depend on nothing but their texts: in an environment of
one language they are constants. It is half of what a page would call. Of the other half most are our own macros and
words, none of which wants the template's context: they are called as they are, where Jinja would ask each of them. A
text with nothing to escape in it is not made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

OURS = frozenset({"_", "n_", "t", "icon", "asset", "caller", "may", "entries"})
"""Functions in templates that never want the context; nor does what is asked of something else (`parts.badge`)."""


class _Plainly(CodeGenerator):
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        asks = isinstance(node.node, nodes.Name) and node.node.name not in OURS
        if asks or node.dyn_args or node.dyn_kwargs or any(iskeyword(one.key) for one in node.kwargs):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for one in (*node.args, *node.kwargs):
            self.visit(one, frame)
            self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


def _escaped(value: Any) -> str:
    """As `escape` says it; most texts have nothing in them to escape."""
    kind = type(value)
    safe = kind is Markup or (kind is str and not _ESCAPES(value))
    said: str = value if safe else escape(value)
    return said


_ESCAPES = re.compile("[&<>'\"]").search


class Folded(Environment):
    """An environment that calls `known` functions with constant texts once, as it compiles."""

    known: Mapping[str, Callable[..., Any]] = {}
    code_generator_class = _Plainly
    escaped = staticmethod(_escaped)

    def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:
        """Compile as Jinja does; the constants stand in their places already."""
        if isinstance(source, str):
            name = args[0] if args else kwargs.get("name")
            filename = args[1] if len(args) > 1 else kwargs.get("filename")
            source = _Folding(self.known).visit(self.parse(source, name, filename))
        return super().compile(source, *args, **kwargs)


class _Folding(NodeTransformer):
    def __init__(self, known: Mapping[str, Callable[..., Any]]) -> None:
        self._known = known

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        bare = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if not (bare and isinstance(node.node, nodes.Name) and node.node.name in self._known):
            return node
        if not all(isinstance(one, nodes.Const) for one in node.args):
            return node
        value = self._known[node.node.name](*(one.value for one in node.args if isinstance(one, nodes.Const)))
        return nodes.Const(value, lineno=node.lineno)
