"""Policies for alarms, their recipients, and traces."""

from collections.abc import Iterator

from ..programs.graph import Graph, Node
from ._policy import Policy, Violation, policies
from .releases import HOOKS

_MOST = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""


def alarms_say_what_to_do(graph: Graph) -> Iterator[Violation]:
    """Every alarm with a recipient names a runbook.

    A person who is woken at night needs instructions, not only the name of a metric.
    """
    for node in _alarms(graph):
        text = str(node.inputs.get("alarmDescription", ""))
        if node.inputs.get("alarmActions") and ("Runbook: " not in text or len(text) > _MOST):
            fault = f"names no runbook: end its description with `Runbook: ` and a place, in {_MOST:,} characters."
            yield Violation(node, f"The alarm {node.name} {fault}")


def alarms_tell_somebody(graph: Graph) -> Iterator[Violation]:
    """Every alarm notifies a topic, or belongs to a composite alarm or a release.

    An alarm without a recipient is billed, but noticed only after customers have called.
    """
    rules = " ".join(str(node.inputs["alarmRule"]) for node in graph.of("cloudwatch/compositeAlarm"))
    releases = {name for node in graph.of("codedeploy/deploymentGroup") for name in _stops(node)}
    for node in _alarms(graph):
        name = str(node.inputs.get("name", node.inputs.get("alarmName", node.name)))
        if not node.inputs.get("alarmActions") and name not in rules and name not in releases:
            yield Violation(node, f"The alarm {node.name} has no recipient: name a topic in alarm_actions.")


def functions_are_traced(graph: Graph) -> Iterator[Violation]:
    """Every function is traced, and logs in JSON.

    An event's trace ends at the first function without tracing, and logs in plain text cannot be searched by field.
    """
    for node in graph.of("lambda/function"):
        traced = node.inputs.get("tracingConfig", {}).get("mode") == "Active"
        if not traced or node.inputs.get("loggingConfig", {}).get("logFormat") != "JSON":
            fault = "is not traced, or does not log in JSON: set tracing_config Active, and JSON logs."
            yield Violation(node, f"The function {node.name} {fault}")


def functions_fail_loudly(graph: Graph) -> Iterator[Violation]:
    """Every function has an alarm on its errors, except for the hooks of releases.

    Asynchronous callers stop after some retries, and no other alarm shows that failure.
    """
    found = [metric.get("dimensions", {}) for metric in _metrics(graph, "Errors")]
    # An alarm on the newest version only protects a release. It may get no data after the release.
    watched = {str(dimensions.get("FunctionName", "")) for dimensions in found if "ExecutedVersion" not in dimensions}
    for node in graph.of("lambda/function"):
        if node.name not in HOOKS and node.called not in watched:
            fault = "has no alarm on its errors: pass it to Functions, and Functions to Canary."
            yield Violation(node, f"The function {node.name} {fault}")


def _metrics(graph: Graph, name: str) -> Iterator[dict]:
    for alarm in graph.of("cloudwatch/metricAlarm"):
        metrics = [alarm.inputs, *(query.get("metric", {}) for query in alarm.inputs.get("metricQueries", []))]
        yield from (dict(metric) for metric in metrics if metric.get("metricName") == name)


def _stops(group: Node) -> list[str]:
    return list(group.inputs.get("alarmConfiguration", {}).get("alarms", []))


def _alarms(graph: Graph) -> list[Node]:
    return [*graph.of("cloudwatch/metricAlarm"), *graph.of("cloudwatch/compositeAlarm")]


POLICIES: tuple[Policy, ...] = policies(
    alarms_say_what_to_do, alarms_tell_somebody, functions_are_traced, functions_fail_loudly
)
