"""Rules as data: typed, stored, printed, bound to a day, decided by the law, and explained."""

from __future__ import annotations

from perthyn.rules.because import Because, explain, explain_facts
from perthyn.rules.bind import bind
from perthyn.rules.closed import Closed, Measure
from perthyn.rules.data import (
    Figure,
    Group,
    Leaf,
    Match,
    Matching,
    Measured,
    Money,
    Rule,
    Window,
    read_rule,
    rule_json,
    tidy,
)
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches, measure
from perthyn.rules.looks import fields_in, measures_in, rights_in
from perthyn.rules.parse import parse
from perthyn.rules.print import print_rule
from perthyn.rules.schema import RuleSchema
from perthyn.rules.sentences import sentence
from perthyn.rules.terms import NamedMeasure, both
from perthyn.rules.why import because_sentences

__all__ = [
    "Because",
    "Closed",
    "Facts",
    "Figure",
    "Group",
    "Leaf",
    "Match",
    "Matching",
    "Measure",
    "Measured",
    "Money",
    "NamedMeasure",
    "Rule",
    "RuleSchema",
    "Window",
    "because_sentences",
    "bind",
    "both",
    "explain",
    "explain_facts",
    "fields_in",
    "matches",
    "measure",
    "measures_in",
    "parse",
    "print_rule",
    "read_rule",
    "rights_in",
    "rule_json",
    "sentence",
    "tidy",
]
