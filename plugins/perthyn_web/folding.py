"""Folding: what a template says of itself, in one language, is worked out when it is compiled, not at each visit.

``_("Save")``, ``icon("check")`` and ``asset("perthyn.css")`` depend on nothing but their texts: in an environment of
one language they are constants. It is half of what a page would call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer


class Folded(Environment):
    """An environment that calls `known` functions with constant texts once, as it compiles."""

    known: Mapping[str, Callable[..., Any]] = {}

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
