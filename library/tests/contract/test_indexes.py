"""The table's indexes, as the infrastructure makes them and the code reads them."""

import json

from bounded_context.adapters.dynamodb_queries import INDEXES as READ
from bounded_context.infra.components.table import INDEXES
from tests.infra.graph import CONTEXT, Graph


def test_the_code_reads_the_indexes_that_the_table_has(deployed: Graph) -> None:
    """By their names and keys."""
    assert {name: key for key, name in READ.items()} == INDEXES
    inputs = deployed.one("dynamodb/table", "table").inputs
    made = {
        index["name"]: tuple(key["attributeName"] for key in index["keySchemas"])
        for index in inputs["globalSecondaryIndexes"]
    }
    assert made == {name: (key, "pk") for name, key in INDEXES.items()}


def test_the_query_for_many_may_read_the_indexes_and_nothing_else(deployed: Graph) -> None:
    """Not even the table that they are of."""
    by_id, by_index = CONTEXT.queries
    arn = deployed.one("dynamodb/table", "table").arn
    allowed = {f"{arn}/index/{name}" for name in INDEXES}
    assert _on_table(deployed, by_index) == {("dynamodb:Query", resource) for resource in allowed}
    assert _on_table(deployed, by_id) == {("dynamodb:GetItem", arn)}


def _on_table(deployed: Graph, function: str) -> set[tuple[str, str]]:
    role = deployed.one("iam/role", function.replace("_", "-")).inputs["name"]
    policies = [node for node in deployed.of("iam/rolePolicy") if node.inputs["role"] == role]
    statements = [one for policy in policies for one in json.loads(policy.inputs["policy"])["Statement"]]
    pairs = {(action, resource) for one in statements for action in one["Action"] for resource in one["Resource"]}
    return {pair for pair in pairs if pair[0].startswith("dynamodb:")}
