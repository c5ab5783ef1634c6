"""Folding: what a template says of itself, in one language, is worked out when it is compiled, not at each visit.

``_("Save")``, ``icon("check")`` and ``asset("perthyn.css")`` depend on nothing but their texts: in an environment of
one language they are constants. It is half of what a page would call. Of the other half most are our own macros and
words, none of which wants the template's context: they are called as they are, where Jinja would ask each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer

OURS = frozenset({"_", "n_", "t", "icon", "asset", "caller", "may", "parts", "bits", "words"})
"""Names in templates whose calls never want the context: functions, and modules of macros and words."""


class _Plainly(CodeGenerator):
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        called = node.node.node if isinstance(node.node, nodes.Getattr) else node.node
        if not (isinstance(called, nodes.Name) and called.name in OURS):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write("environment.called(")
        self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")


def _called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


class Folded(Environment):
    """An environment that calls `known` functions with constant texts once, as it compiles."""

    known: Mapping[str, Callable[..., Any]] = {}
    code_generator_class = _Plainly
    called = staticmethod(_called)

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
