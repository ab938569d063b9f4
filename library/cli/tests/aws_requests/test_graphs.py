"""AWS would take every resource of every stack: of all shapes, with the extremes of settings and names."""

import pytest

from bounded_context_cli.testing.requests import findings
from bounded_context_infra.configuration.labels import NAME_LIMIT

from .graphs import GRAPHS


@pytest.mark.parametrize("name", GRAPHS)
def test_aws_accepts_every_request(name: str) -> None:
    """Each finding would stop a deployment in its middle."""
    assert [finding for node in GRAPHS[name]().nodes for finding in findings(node)] == []


def test_the_longest_stack_has_names_at_the_limit() -> None:
    """Otherwise it would be no extreme."""
    functions = GRAPHS["in the stack with the longest name"]().of("lambda/function")
    assert max(len(node.inputs["name"]) for node in functions) == NAME_LIMIT
