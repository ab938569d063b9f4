"""The table's indexes, as the infrastructure makes them and the code reads them."""

import json

from tests.infra.graph import CONTEXT, Graph


def test_the_table_has_the_indexes_that_the_context_names(deployed: Graph) -> None:
    """By their names and keys, which its queries use."""
    inputs = deployed.one("dynamodb/table", "table").inputs
    indexes = {
        index["name"]: tuple(key["attributeName"] for key in index["keySchemas"])
        for index in inputs["globalSecondaryIndexes"]
    }
    assert indexes == {name: (key, CONTEXT.sort_keys[name]) for name, key in CONTEXT.indexes.items()}


def test_the_query_for_many_may_only_read_the_indexes(deployed: Graph) -> None:
    """Not even the table that they are of."""
    by_id, by_index = CONTEXT.queries
    arn = deployed.one("dynamodb/table", "table").arn
    allowed = {f"{arn}/index/{name}" for name in CONTEXT.indexes}
    assert _on_table(deployed, by_index) == {("dynamodb:Query", resource) for resource in allowed}
    assert _on_table(deployed, by_id) == {("dynamodb:GetItem", arn)}


def _on_table(deployed: Graph, function: str) -> set[tuple[str, str]]:
    role = deployed.one("iam/role", function.replace("_", "-")).inputs["name"]
    policies = [node for node in deployed.of("iam/rolePolicy") if node.inputs["role"] == role]
    statements = [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]
    pairs = {
        (action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    return {pair for pair in pairs if pair[0].startswith("dynamodb:")}
