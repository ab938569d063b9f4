"""Resources with the same identity in AWS, of which the last replaces the first."""

from dataclasses import replace

from bounded_context_cli.policies.resources import resources_do_not_replace_each_other
from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import run


def _with_a_twin(**inputs: str) -> Graph:
    """The stack of production with a second alarm, which differs from the first in these inputs."""
    graph = run("prod")
    alarm = graph.of("cloudwatch/metricAlarm")[0]
    twin = replace(alarm, name="twin", urn=f"{alarm.urn}-twin", inputs={**alarm.inputs, **inputs})
    return replace(graph, nodes=[*graph.nodes, twin])


def test_an_alarm_of_the_same_name_replaces_the_first() -> None:
    [violation] = resources_do_not_replace_each_other.violations(_with_a_twin(threshold="9"))
    assert violation.resource == "twin"


def test_another_name_or_another_region_is_another_alarm() -> None:
    for other in ({"name": "twin"}, {"region": "eu-west-1"}):
        assert resources_do_not_replace_each_other.violations(_with_a_twin(**other)) == []
