"""What the estimates read of a recorded graph."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..testing.graph import Graph, Node
from .assumptions import HOURS_A_MONTH

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}


@dataclass(frozen=True)
class Scheduled:
    """A function that a schedule calls, by its name in code, and how often in a month."""

    name: str
    function: Node
    calls: float


def functions(graph: Graph) -> Mapping[str, Node]:
    """The functions by their names in code: those of the modules that Lambda calls."""
    return {
        node.inputs["handler"].split(".")[-2]: node for node in graph.of("lambda/function") if "handler" in node.inputs
    }


def memory_gb(function: Node) -> float:
    """The memory that a function is paid for by, in GB."""
    return function.inputs.get("memorySize", 128) / 1024


def is_traced(function: Node) -> bool:
    """Whether Lambda traces calls of it that nobody has decided about."""
    return function.inputs.get("tracingConfig", {}).get("mode") == "Active"


def told(function: Node, variable: str) -> str:
    """A variable of a function's environment."""
    return function.inputs["environment"]["variables"][variable]


def is_called(function: Node, arn: str) -> bool:
    """Whether this is the ARN of the function, or of its alias."""
    return arn.split(":")[6:7] == [function.inputs["name"]]


def scheduled(graph: Graph) -> list[Scheduled]:
    """Return the functions that are called at a fixed rate, by their names: Pulumi registers them in any order."""
    rates = {rule.outputs["name"]: a_month(rule) for rule in graph.of("cloudwatch/eventRule")}
    found = [
        Scheduled(name, function, calls)
        for target in graph.of("cloudwatch/eventTarget")
        if (calls := rates.get(target.inputs["rule"]))
        for name, function in functions(graph).items()
        if is_called(function, target.inputs["arn"])
    ]
    return sorted(found, key=lambda one: one.name)


def a_month(rule: Node) -> float | None:
    """How often a rule calls in a month; None if its time is not said as a rate."""
    found = _RATE.fullmatch(rule.inputs.get("scheduleExpression", ""))
    return HOURS_A_MONTH * 60 / (int(found[1]) * _MINUTES[found[2]]) if found else None
