"""What is certain in the first preview of a stack, when nothing is known yet that AWS makes up."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bounded_context_cli.policies import POLICIES
from bounded_context_cli.policies.policy import UNKNOWN, Registered, certain_violations
from bounded_context_cli.programs import Graph, Node
from bounded_context_cli.programs.recording import run

BY_NAME = {policy.name: policy for policy in POLICIES}


@pytest.fixture(scope="module")
def prod() -> Graph:
    """The default context's stack of production."""
    return run("prod")


def previewed(graph: Graph) -> list[Registered]:
    """The resources as the engine tells of them before any of them is there."""
    urns = {value: node.urn for node in graph.nodes for value in _made(node)}
    return [_registered(node, urns) for node in graph.nodes]


def resolved(graph: Graph) -> list[Registered]:
    """The resources as the engine tells of them once they are there."""
    return [_registered(node, {}) for node in graph.nodes]


def _made(node: Node) -> list[str]:
    """Ids, ARNs and URLs; a version is a mere number."""
    values = [value for key, value in node.outputs.items() if key not in (*node.inputs, "version")]
    return [value for value in values if isinstance(value, str)]


def _registered(node: Node, urns: Mapping[str, str]) -> Registered:
    sources = {key: frozenset(urns[text] for text in urns if text in str(value)) for key, value in node.inputs.items()}
    return Registered(
        type=node.type,
        name=node.name,
        urn=node.urn,
        inputs={key: _without(value, urns) for key, value in node.inputs.items()},
        outputs={key: _without(value, urns) for key, value in node.outputs.items()},
        protect=node.protect,
        ignore_changes=node.ignore_changes,
        sources=sources,
    )


def _without(value: Any, urns: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(child, urns) for key, child in value.items()}
    if isinstance(value, list):
        return [_without(child, urns) for child in value]
    return UNKNOWN if isinstance(value, str) and any(text in value for text in urns) else value


@pytest.mark.parametrize("seen", [previewed, resolved], ids=["nothing known", "all known"])
def test_the_default_context_breaks_no_policy(seen: Callable[[Graph], list[Registered]], prod: Graph) -> None:
    """What is not known yet is no breach."""
    resources = seen(prod)
    assert [violation for policy in POLICIES for violation in certain_violations(policy, resources)] == []


def test_most_of_the_default_context_is_unknown_in_its_first_preview(prod: Graph) -> None:
    """Else the test above would prove little."""
    unknown = [resource for resource in previewed(prod) if UNKNOWN in str(resource.inputs)]
    assert len(unknown) > len(prod.nodes) / 2


def _plain(node: Node) -> Node:
    inputs, outputs = (dict(properties) for properties in (node.inputs, node.outputs))
    del inputs["kmsMasterKeyId"], outputs["kmsMasterKeyId"]
    return replace(node, inputs=inputs, outputs=outputs)


def _alone(node: Node) -> Node:
    """A queue that nothing else in the program names."""
    return replace(node, name="reminders", urn="own", inputs={"name": "reminders"}, outputs={"arn": "arn:own"})


@pytest.mark.parametrize("seen", [previewed, resolved], ids=["nothing known", "all known"])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("data-is-encrypted", _plain),
        ("data-is-encrypted", _alone),
        ("transport-is-encrypted", _alone),
        ("queues-have-dead-letters", _alone),
        ("resources-are-tagged", _alone),
    ],
)
def test_a_queue_that_breaks_a_policy_is_refused(
    seen: Callable[[Graph], list[Registered]], name: str, change: Callable[[Node], Node], prod: Graph
) -> None:
    """In the first preview as in any other: whatever AWS makes up will not fix it."""
    queue = next(node for node in prod.of("sqs/queue") if "redrivePolicy" in node.inputs)
    others = [node for node in prod.nodes if node is not queue or change is _alone]
    broken = replace(prod, nodes=[*others, change(queue)])
    violations = certain_violations(BY_NAME[name], seen(broken))
    assert [violation.resource for violation in violations] == [change(queue).name]


def test_a_bucket_that_may_be_guarded_is_not_refused_until_all_is_known(prod: Graph) -> None:
    """Two buckets, and policies that name them by what is not known yet: nobody can tell which is without."""
    [guard, *_] = prod.of("s3/bucketPublicAccessBlock")
    broken = replace(prod, nodes=[node for node in prod.nodes if node is not guard])
    [violation] = certain_violations(BY_NAME["buckets-are-private"], resolved(broken))
    assert violation.node.outputs["bucket"] == guard.inputs["bucket"]


def test_an_unknown_value_of_any_shape_does_not_hide_another_violation(prod: Graph) -> None:
    """The rules of a bucket's encryption are a list, and a timeout is a number."""
    queue = next(node for node in prod.of("sqs/queue") if "redrivePolicy" in node.inputs)
    changed = {"s3/bucketServerSideEncryptionConfiguration": "rules", "lambda/function": "timeout"}
    resources = previewed(replace(prod, nodes=[*prod.nodes, _alone(queue)]))
    unknown = [
        replace(resource, inputs={**resource.inputs, key: UNKNOWN})
        if (key := changed.get(resource.type.split(":")[1]))
        else resource
        for resource in resources
    ]
    violations = [violation for policy in POLICIES for violation in certain_violations(policy, unknown)]
    assert {violation.resource for violation in violations} == {"reminders"}


def test_a_fault_of_a_policy_is_an_error_with_unknown_values_too(prod: Graph) -> None:
    """A policy that raised an error would otherwise accept everything."""
    policy = replace(BY_NAME["data-is-encrypted"], check=_faulty)
    for seen in (previewed, resolved):
        with pytest.raises(KeyError):
            certain_violations(policy, seen(prod))


def _faulty(graph: Graph) -> Any:
    for node in graph.of("s3/bucketPolicy"):
        yield node.inputs["bucket"] and node.inputs["bucketName"]
