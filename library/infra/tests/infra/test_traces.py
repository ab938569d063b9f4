"""Which traces X-Ray keeps."""

import pytest

from bounded_context_infra.configuration.labels import XRAY_LIMIT, Labels

from .graph import CONTEXT, Graph, run


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_stack_uses_none_of_the_accounts_25_sampling_rules(stack: str) -> None:
    """X-Ray's own rule keeps the first import of each second and 5 percent of the others, as our stacks do."""
    graph = run(stack)
    assert graph.of("xray/samplingRule") == []
    assert graph.of("xray/group") == []


def test_a_share_of_its_own_is_a_rule_of_its_own(varied: Graph) -> None:
    """The rule is asked by what this stack's requests meet first, before X-Ray's own rule."""
    rule = varied.one("xray/samplingRule").inputs
    machine = varied.one("sfn/stateMachine").inputs["name"]
    assert rule["serviceName"].endswith("-*")
    assert machine.startswith(rule["serviceName"].removesuffix("*"))
    assert rule["priority"] < 10_000
    everything = ("serviceType", "resourceArn", "host", "httpMethod", "urlPath")
    assert {rule[field] for field in everything} == {"*"}


def test_a_stack_may_trace_all_or_nothing(varied: Graph) -> None:
    """At 0 not even the first of each second."""
    everything = run("local").one("xray/samplingRule").inputs
    assert (everything["reservoirSize"], everything["fixedRate"]) == (1, 1)
    nothing = varied.one("xray/samplingRule").inputs
    assert (nothing["reservoirSize"], nothing["fixedRate"]) == (0, 0)


@pytest.mark.parametrize("stack", ["prod", "x" * 40, f"{'x' * 39}y"])
def test_their_names_are_short_enough(stack: str) -> None:
    """X-Ray takes 32 characters."""
    short = Labels(CONTEXT.name, stack, "team").short
    assert len(short) <= XRAY_LIMIT
    assert short == Labels(CONTEXT.name, stack, "somebody else").short


def test_two_long_prefixes_have_two_short_names() -> None:
    """What is cut off still tells them apart."""
    first, other = (Labels(CONTEXT.name, f"{'x' * 39}{last}", "team").short for last in "yz")
    assert first != other
