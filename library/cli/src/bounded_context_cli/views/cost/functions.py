"""The functions of a recorded graph, and their schedules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...programs.recording import Graph, Node
from .prices import assumed

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}


@dataclass(frozen=True)
class Scheduled:
    """A function that a schedule calls: its name in code, and its calls per month."""

    name: str
    function: Node
    calls: float


def functions(graph: Graph) -> Mapping[str, Node]:
    """Return the functions by their names in code."""
    return {node.name.replace("-", "_"): node for node in graph.of("lambda/function") if "handler" in node.inputs}


def memory_gb(function: Node) -> float:
    """Return the billed memory of a function, in GB."""
    return function.inputs.get("memorySize", 128) / 1024


def is_traced(function: Node) -> bool:
    """Return whether Lambda traces calls of the function without a sampling decision by the caller."""
    return function.inputs.get("tracingConfig", {}).get("mode") == "Active"


def environment_variable(function: Node, variable: str) -> str:
    """Return an environment variable of a function."""
    return function.inputs["environment"]["variables"][variable]


def log_days(graph: Graph, function: Node) -> int:
    """Return the days for which the log of a function is stored."""
    group = function.inputs.get("loggingConfig", {}).get("logGroup")
    groups = [node for node in graph.of("cloudwatch/logGroup") if node.inputs.get("name") == group]
    return int(sum(node.inputs.get("retentionInDays", 0) for node in groups))


def is_called(function: Node, arn: str) -> bool:
    """Return whether an ARN is the function's or its alias's."""
    return arn.split(":")[6:7] == [function.inputs["name"]]


def scheduled(graph: Graph) -> list[Scheduled]:
    """Return the functions with a fixed rate, sorted by name because Pulumi's order varies."""
    found = [
        Scheduled(name, function, calls)
        for schedule in graph.of("scheduler/schedule")
        if (calls := a_month(schedule))
        for name, function in functions(graph).items()
        if is_called(function, schedule.inputs["target"]["arn"])
    ]
    return sorted(found, key=lambda entry: entry.name)


def a_month(schedule: Node) -> float | None:
    """Return the calls of a schedule per month, or None if it is not a rate."""
    found = _RATE.fullmatch(schedule.inputs["scheduleExpression"])
    return assumed().hours_a_month * 60 / (int(found[1]) * _MINUTES[found[2]]) if found else None
