"""Dashboards and alarms name the metrics that are defined, and every one of these is to be seen somewhere."""

import json
from typing import Any

import pytest

from bounded_context.declaration import measures
from bounded_context_infra.configuration.project import current
from bounded_context_local.observation.metric_checks import MetricDefinition, defined_by, problems
from tests.infra.graph import PARTNERS, STACKS, Graph, run

Bodies = dict[str, dict[str, Any]]


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> Graph:
    """Each stack as its file says."""
    return run(request.param)


@pytest.fixture
def with_partners() -> Graph:
    """A stack with a server and partners of its own: it may show more."""
    return run("prod", sftp="dedicated", partners=PARTNERS)


def _bodies(graph: Graph) -> Bodies:
    return {
        node.inputs["dashboardName"]: json.loads(node.inputs["dashboardBody"])
        for node in graph.of("cloudwatch/dashboard")
    }


def _alarms(graph: Graph) -> dict[str, Any]:
    return {node.inputs["name"]: node.inputs for node in graph.of("cloudwatch/metricAlarm")}


def _defined(graph: Graph) -> list[MetricDefinition]:
    functions = graph.of("lambda/function")
    namespaces = {node.inputs["environment"]["variables"]["POWERTOOLS_METRICS_NAMESPACE"] for node in functions}
    return [definition for namespace in namespaces for definition in defined_by(current().context, namespace)]


def test_each_stack_queries_and_draws_all_defined_metrics(stack: Graph) -> None:
    assert problems(_bodies(stack), _alarms(stack), _defined(stack)) == []


def test_so_does_a_stack_with_partners(with_partners: Graph) -> None:
    assert problems(_bodies(with_partners), _alarms(with_partners), _defined(with_partners)) == []


def test_a_misspelt_metric_is_reported(with_partners: Graph) -> None:
    """In a copy of what is deployed, one metric has lost its last letter: it is unknown, and nowhere to be seen."""
    name = measures.LISTS_IMPORTED.name
    broken = json.dumps(_bodies(with_partners)).replace(name, name[:-1])
    sentences = problems(json.loads(broken), {}, _defined(with_partners))
    assert any(f"queries {name[:-1]} (" in problem for problem in sentences)
    assert any(problem.startswith(f"{name} (") for problem in sentences)
