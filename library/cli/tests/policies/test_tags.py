"""Which resources take tags is read of the provider's package: what is not found there would go untagged unseen."""

from bounded_context_cli.policies.resources import takes_tags
from bounded_context_cli.programs.recording import Graph, run

NONE = {
    "iam/rolePolicy",
    "lambda/alias",
    "lambda/permission",
    "s3/bucketPolicy",
    "sqs/queuePolicy",
    "cloudwatch/dashboard",
}


def _kinds(graph: Graph, *, tagged: bool) -> set[str]:
    return {node.kind for node in graph.nodes if takes_tags(node) is tagged}


def test_the_policy_knows_the_taggable_kinds() -> None:
    """In the default context, where the policy is kept: so each kind is recognised, in both directions."""
    prod = run("prod")
    assert _kinds(prod, tagged=True) == {node.kind for node in prod.nodes if "tags" in node.inputs}
    assert _kinds(prod, tagged=False) >= NONE
