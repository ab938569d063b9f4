"""Checks of a recorded graph: counts of resources, and functions (`..checks`) for rules between resources.

A rule counts resources, for instance the targets of each EventBridge rule::

    check = { count = "cloudwatch/eventTarget", per = "rule", most = 5 }

For a rule without a `check`, the function in `checks` with its id returns the names of the violating resources.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bounded_context_cli.programs.recording import Graph

from ..checks import CHECKS
from ..edits import planted
from ..rules import Rule
from .place import Place, Violation


def faults(rule: Rule, graph: Graph) -> list[str]:
    """Return the names of the resources of a graph that violate a rule."""
    return sorted(_counted(rule.check, graph) if rule.check else CHECKS[rule.id](graph))


def _counted(check: Mapping[str, Any], graph: Graph) -> Iterable[str]:
    numbers = Counter(str(node.inputs.get(check.get("per", ""), "")) for node in graph.of(check["count"]))
    return (name or check["count"] for name, number in numbers.items() if number > check["most"])


def _codes(rule: Rule, violation: Violation) -> set[str]:
    graph, _ = planted(violation)
    return {rule.id} if faults(rule, graph) else set()


PLACE: Final = Place(
    "A check of all recorded graphs, for rules between resources and inside of documents "
    "(`library/cli/tests/documented/checks`).",
    _codes,
)
