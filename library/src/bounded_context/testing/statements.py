"""PartiQL's INSERT on moto, whose own takes no parameters and overwrites: here it does what DynamoDB documents.

Developer guide, "PartiQL insert statements": an item whose key is taken is refused, in a batch each for itself.
"""

from typing import TYPE_CHECKING, Any

from ..local.statements.form import DUPLICATE, insert

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend


def batch_execute_statement(backend: "DynamoDBBackend", statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert items, and return an answer each, in place of the backend's own: nothing else is sent by it."""
    return [_inserted(backend, one) for one in statements]


def _inserted(backend: "DynamoDBBackend", statement: dict[str, Any]) -> dict[str, Any]:
    from moto.dynamodb.exceptions import ConditionalCheckFailed

    table, item = insert(statement)
    key = backend.get_table(table).hash_key_attr
    try:
        backend.put_item(table, item, condition_expression=f"attribute_not_exists({key})")
    except ConditionalCheckFailed:
        return {"TableName": table, "Error": DUPLICATE}
    return {"TableName": table}
