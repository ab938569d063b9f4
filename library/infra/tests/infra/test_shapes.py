"""Contexts of all shapes: what depends on a declaration follows from it, and one program deploys them all."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import entry_point
from bounded_context.declaration.measures import OPTIONAL
from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs import Node
from bounded_context_infra.queries import saved_queries

from .alarms import everything_of, name_of, notifiers, prefix_of, watched
from .contexts import LARGE, OTHER, SHAPES
from .dashboards import SCHEMA, bodies, metrics
from .graph import Graph, run_context, run_shape
from .test_program import EXPORTS

Shape = tuple[Context, Graph]


@pytest.fixture(scope="module", params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    """A context and what is deployed of it."""
    return SHAPES[request.param], run_shape(request.param, "prod")


def test_each_has_the_same_outputs(shape: Shape) -> None:
    """Tools read them by name."""
    context, graph = shape
    assert set(graph.outputs) == EXPORTS | ({"archives"} if context.archives else set())
    assert set(graph.outputs["functions"]) == set(context.functions)
    assert set(graph.outputs["queues"]) == {*context.subscribers} - {*context.archives}
    assert set(graph.outputs.get("archives", ())) == {*context.archives}


def test_each_function_has_the_code_of_its_context_or_of_the_library(shape: Shape) -> None:
    """By the dotted name that Lambda calls."""
    context, graph = shape
    for node in graph.of("lambda/function"):
        assert node.inputs["handler"] == entry_point(context, node.name.replace("-", "_"))
        assert node.inputs["handler"].startswith("bounded_context.") == ("CONTEXT" in _variables(node))


def _variables(node: Node) -> dict[str, str]:
    return node.inputs["environment"]["variables"]


def test_names_tags_and_metrics_are_the_contexts(shape: Shape) -> None:
    """In AWS's spelling, with its owner."""
    context, graph = shape
    assert prefix_of(graph) == f"{kebab(context.name)}-prod"
    assert graph.one("kms/key").inputs["tags"] == {"context": context.name, "stack": "prod", "owner": context.owner}
    names = {_variables(node)["POWERTOOLS_SERVICE_NAME"] for node in graph.of("lambda/function")}
    assert names == {context.name}


def test_the_routes_equal_the_declaration(shape: Shape) -> None:
    """None without an API, and then nothing of one either."""
    context, graph = shape
    assert sorted(node.inputs["routeKey"] for node in graph.of("apigatewayv2/route")) == sorted(context.routes.values())
    if not context.api:
        assert [node for node in graph.nodes if "apigateway" in node.type] == []
        assert graph.outputs["api"] is None
        assert [name for name in notifiers(graph) if name.startswith("api-")] == []


def test_the_relay_reads_the_aggregates(shape: Shape) -> None:
    """By what their keys begin with."""
    context, graph = shape
    mapping = graph.one("lambda/eventSourceMapping", "relay-events-stream")
    assert f'"prefix": "{context.key_prefix}"' in mapping.inputs["filterCriteria"]["filters"][0]["pattern"]


def test_subscribers_get_all_events_of_the_context(shape: Shape) -> None:
    """Each through a queue of its own."""
    context, graph = shape
    subscriptions = graph.of("sns/topicSubscription")
    assert len(subscriptions) == len(context.subscribers)
    assert not any("filterPolicy" in node.inputs for node in subscriptions)


def test_the_workflow_calls_the_steps_of_the_context(shape: Shape) -> None:
    """The verification under its own name."""
    context, graph = shape
    definition = graph.one("sfn/stateMachine").inputs["definition"]
    called = set(re.findall(r"function:([\w-]+):live", definition))
    assert called == {f"{prefix_of(graph)}-{kebab(step)}" for step in context.steps}


def test_dashboards_show_every_measure_and_are_good(shape: Shape) -> None:
    """With the values of the context, and in the form that CloudWatch takes."""
    context, graph = shape
    names = {
        metric.name
        for body in bodies(graph).values()
        for metric in metrics(body)
        if not metric.namespace.startswith("AWS")
    }
    assert names == {measure.name for measure in context.measures.all if measure not in OPTIONAL}
    for body in bodies(graph).values():
        assert list(Draft202012Validator(SCHEMA).iter_errors(body)) == []
        assert context.display_name in body["widgets"][0]["properties"]["markdown"].splitlines()[0]


def test_every_command_keeps_a_promise_and_every_alarm_has_a_name_of_its_own(shape: Shape) -> None:
    """However many there are."""
    context, graph = shape
    promising = [node for name, node in notifiers(graph).items() if "commands-burn-fast" in name]
    kept = {metric.dimensions["FunctionName"] for node in promising for metric in watched(node)}
    assert kept == {f"{prefix_of(graph)}-{kebab(command)}" for command in context.command_functions}
    names = [name_of(node) for node in everything_of(graph)]
    assert len(names) == len(set(names))


def test_queries_speak_of_the_context(shape: Shape) -> None:
    """And read the logs of its functions."""
    context, graph = shape
    queries = {node.inputs["name"]: node for node in graph.of("cloudwatch/queryDefinition")}
    for query in saved_queries(context):
        definition = queries[f"{prefix_of(graph)}/{query.name}"]
        assert len(definition.inputs["logGroupNames"]) == len(query.functions)
    assert f"{prefix_of(graph)}/history of one {context.name}" in queries


def test_a_context_without_references_has_no_metric_of_unknown_rows() -> None:
    """Nobody pays for a metric that cannot be."""
    assert "unknown" not in json.dumps(bodies(run_shape("other names", "prod"))["business"])
    assert "unknown" in json.dumps(bodies(run_shape("the default", "prod"))["business"])


def test_an_own_refusal_is_on_the_dashboard() -> None:
    """By its code."""
    (error,) = OTHER.errors
    assert error.code in json.dumps(bodies(run_shape("other names", "prod"))["business"])


def test_another_context_without_sftp_imports_from_its_bucket() -> None:
    """A setting of the stack, and no other program."""
    graph = run_context(OTHER, "prod", sftp="none", partners={})
    assert [node for node in graph.nodes if node.kind.startswith("transfer/")] == []
    assert graph.outputs["upload_event_source"] == "aws.s3"


def test_the_largest_context_has_names_at_the_limit() -> None:
    """Otherwise this would be no test of limits."""
    longest = max(len(node.inputs["name"]) for node in run_shape("the largest", "prod").of("lambda/function"))
    assert (longest, len(LARGE.commands)) == (64, 20)
