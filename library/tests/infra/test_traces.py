"""Which traces X-Ray keeps."""

import pytest

from bounded_context.infra.labels import XRAY_LIMIT, Labels

from .graph import CONTEXT, Graph


def test_the_group_holds_the_traces_of_this_stack(prod: Graph) -> None:
    """Our code's segments say which stack they are of; nobody pays for insights."""
    group = prod.one("xray/group").inputs
    prefix = Labels(CONTEXT.name, "prod", "team").prefix
    assert group["filterExpression"] == f'annotation.stack = "{prefix}"'
    assert group["insightsConfiguration"] == {"insightsEnabled": False, "notificationsEnabled": False}


def test_the_first_import_of_each_second_is_traced_and_a_share_of_the_others(prod: Graph) -> None:
    """The rule is asked by what this stack's requests meet first, before X-Ray's own rule."""
    rule = prod.one("xray/samplingRule").inputs
    prefix = Labels(CONTEXT.name, "prod", "team").prefix
    assert (rule["reservoirSize"], rule["fixedRate"]) == (1, 0.05)
    assert rule["serviceName"] == f"{prefix}-*"
    assert prod.one("sfn/stateMachine").inputs["name"].startswith(f"{prefix}-")
    assert rule["priority"] < 10_000
    everything = ("serviceType", "resourceArn", "host", "httpMethod", "urlPath")
    assert {rule[field] for field in everything} == {"*"}


def test_a_stack_may_trace_all_or_nothing(without_sftp: Graph, varied: Graph) -> None:
    """At 0 not even the first of each second."""
    everything = without_sftp.one("xray/samplingRule").inputs
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
    one, other = (Labels(CONTEXT.name, f"{'x' * 39}{last}", "team").short for last in "yz")
    assert one != other
