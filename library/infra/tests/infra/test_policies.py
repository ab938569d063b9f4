"""Whatever a context is and its stacks say, the platform's own resources keep the policies."""

import pytest

from bounded_context_cli.policies import POLICIES

from .contexts import SHAPES
from .graph import Graph, run_shape


def breaches(graph: Graph, stack: str) -> list[str]:
    """What of a graph breaks a policy that holds in the stack."""
    held = [policy for policy in POLICIES if policy.holds_in(stack)]
    return [violation.sentence for policy in held for violation in policy.violations(graph)]


@pytest.mark.parametrize("shape", SHAPES)
def test_contexts_of_every_shape_keep_the_policies(shape: str) -> None:
    """In production, where all of them hold."""
    assert breaches(run_shape(shape, "prod"), "prod") == []


@pytest.mark.parametrize(
    ("name", "stack"), [("prod", "prod"), ("full", "prod"), ("shared", "staging"), ("varied", "dev")]
)
def test_stacks_of_every_setting_keep_the_policies(name: str, stack: str, request: pytest.FixtureRequest) -> None:
    """With partners, every alarm, another key for logs."""
    assert breaches(request.getfixturevalue(name), stack) == []
