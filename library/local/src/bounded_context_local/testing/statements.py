"""PartiQL's INSERT for moto, as DynamoDB documents it. Moto's own INSERT accepts no parameters and overwrites items.

Developer guide, "PartiQL insert statements": a duplicate key fails. In a batch, each statement fails by itself.
"""

from typing import TYPE_CHECKING, Any

from ..stand_ins.inserts import DUPLICATE, insert

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend


def batch_execute_statement(backend: "DynamoDBBackend", statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert items and return a result for each. Replaces the backend's method, which receives only inserts."""
    return [_insert(backend, statement) for statement in statements]


def _insert(backend: "DynamoDBBackend", statement: dict[str, Any]) -> dict[str, Any]:
    from moto.dynamodb.exceptions import ConditionalCheckFailed

    table, item = insert(statement)
    key = backend.get_table(table).hash_key_attr
    try:
        backend.put_item(table, item, condition_expression=f"attribute_not_exists({key})")
    except ConditionalCheckFailed:
        return {"TableName": table, "Error": DUPLICATE}
    return {"TableName": table}
