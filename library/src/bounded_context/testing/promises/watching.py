"""Somebody is told, and knows what to do: alarms, topics and traces."""

from collections.abc import Iterator

from ..graph import Node
from ._promise import Check, Repository
from .releases import HOOKS

_MOST = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""


def alarms_say_what_to_do(where: Repository) -> Iterator[str]:
    """Whoever is woken knows where to read on: every alarm that tells somebody names a runbook."""
    for node in _alarms(where):
        text = str(node.inputs.get("alarmDescription", ""))
        if node.inputs.get("alarmActions") and ("Runbook: " not in text or len(text) > _MOST):
            yield f"The alarm {node.name} does not say what to do: end its description with `Runbook: ` and a place."


def alarms_tell_somebody(where: Repository) -> Iterator[str]:
    """An alarm tells somebody, or is asked by one that does."""
    asked = " ".join(str(node.inputs["alarmRule"]) for node in where.graph.of("cloudwatch/compositeAlarm"))
    releases = {name for node in where.graph.of("codedeploy/deploymentGroup") for name in _stops(node)}
    for node in _alarms(where):
        name = str(node.inputs.get("name", node.inputs.get("alarmName", node.name)))
        if not node.inputs.get("alarmActions") and name not in asked and name not in releases:
            yield f"The alarm {node.name} tells nobody: name a topic in alarm_actions."


def functions_are_traced(where: Repository) -> Iterator[str]:
    """A call can be followed: every function is traced, and logs in JSON."""
    for node in where.graph.of("lambda/function"):
        traced = node.inputs.get("tracingConfig", {}).get("mode") == "Active"
        if not traced or node.inputs.get("loggingConfig", {}).get("logFormat") != "JSON":
            yield f"The function {node.name} cannot be followed: set tracing_config Active, and JSON logs."


def functions_fail_loudly(where: Repository) -> Iterator[str]:
    """A function that fails is noticed: every function but the hooks of releases has an alarm on its errors."""
    found = [metric.get("dimensions", {}) for metric in _metrics(where, "Errors")]
    # One on its newest version stops a release, and may be without data once that is over.
    watched = {str(one.get("FunctionName", "")) for one in found if "ExecutedVersion" not in one}
    for node in where.graph.of("lambda/function"):
        if node.name not in HOOKS and node.inputs["name"] not in watched:
            yield f"Nobody is told of errors of {node.name}: hand it to Functions, and that to Canary."


def _metrics(where: Repository, name: str) -> Iterator[dict]:
    for alarm in where.graph.of("cloudwatch/metricAlarm"):
        metrics = [alarm.inputs, *(query.get("metric", {}) for query in alarm.inputs.get("metricQueries", []))]
        yield from (dict(metric) for metric in metrics if metric.get("metricName") == name)


def _stops(group: Node) -> list[str]:
    return list(group.inputs.get("alarmConfiguration", {}).get("alarms", []))


def _alarms(where: Repository) -> list[Node]:
    return [*where.graph.of("cloudwatch/metricAlarm"), *where.graph.of("cloudwatch/compositeAlarm")]


CHECKS: tuple[Check, ...] = (alarms_say_what_to_do, alarms_tell_somebody, functions_are_traced, functions_fail_loudly)
