"""Somebody is notified, and knows what to do: alarms, topics and traces."""

from collections.abc import Iterator

from ..graph import Graph, Node
from ._policy import Policy, Violation, policies
from .releases import HOOKS

_MOST = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""


def alarms_say_what_to_do(graph: Graph) -> Iterator[Violation]:
    """Whoever is woken knows where to read on: every alarm that tells somebody names a runbook.

    At night nobody remembers what an alarm's metric means.
    """
    for node in _alarms(graph):
        text = str(node.inputs.get("alarmDescription", ""))
        if node.inputs.get("alarmActions") and ("Runbook: " not in text or len(text) > _MOST):
            said = "does not say what to do: end its description with `Runbook: ` and a place."
            yield Violation(node, f"The alarm {node.name} {said}")


def alarms_tell_somebody(graph: Graph) -> Iterator[Violation]:
    """An alarm tells somebody, or is asked by one that does.

    One that tells nobody is paid for, and found red after the customers have called.
    """
    asked = " ".join(str(node.inputs["alarmRule"]) for node in graph.of("cloudwatch/compositeAlarm"))
    releases = {name for node in graph.of("codedeploy/deploymentGroup") for name in _stops(node)}
    for node in _alarms(graph):
        name = str(node.inputs.get("name", node.inputs.get("alarmName", node.name)))
        if not node.inputs.get("alarmActions") and name not in asked and name not in releases:
            yield Violation(node, f"The alarm {node.name} notifies nobody: name a topic in alarm_actions.")


def functions_are_traced(graph: Graph) -> Iterator[Violation]:
    """A call can be followed: every function is traced, and logs in JSON.

    The trail of an event ends at the first function that is not, and text of no form cannot be searched by its fields.
    """
    for node in graph.of("lambda/function"):
        traced = node.inputs.get("tracingConfig", {}).get("mode") == "Active"
        if not traced or node.inputs.get("loggingConfig", {}).get("logFormat") != "JSON":
            said = "cannot be followed: set tracing_config Active, and JSON logs."
            yield Violation(node, f"The function {node.name} {said}")


def functions_fail_loudly(graph: Graph) -> Iterator[Violation]:
    """A function that fails is noticed: every function but the hooks of releases has an alarm on its errors.

    What calls it asynchronously gives up after some tries, and nobody else sees that.
    """
    found = [metric.get("dimensions", {}) for metric in _metrics(graph, "Errors")]
    # One on its newest version stops a release, and may be without data once that is over.
    watched = {str(one.get("FunctionName", "")) for one in found if "ExecutedVersion" not in one}
    for node in graph.of("lambda/function"):
        if node.name not in HOOKS and node.called not in watched:
            said = f"Nobody is notified of errors of {node.name}: pass it to Functions, and Functions to Canary."
            yield Violation(node, said)


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
