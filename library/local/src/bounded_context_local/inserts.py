"""PartiQL INSERT statements of the import: their parser, and their execution by moto.

Moto's own INSERT accepts no parameters and overwrites items. On AWS, a duplicate key fails, and each statement of a
batch fails by itself (developer guide, "PartiQL insert statements").
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from moto.dynamodb.models import DynamoDBBackend


DUPLICATE: Final = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
"""The error of a statement (DynamoDB API reference, BatchStatementError)."""

_INSERT: Final = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<names>.*)\}')
_NAME: Final = re.compile(r"'([^']+)': \?")


class Insert(NamedTuple):
    """An item for a table, in DynamoDB's JSON."""

    table: str
    item: dict[str, Any]


def is_insert(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is an INSERT, in any form."""
    return str(statement.get("Statement", "")).lstrip().upper().startswith("INSERT")


def insert(statement: Mapping[str, Any]) -> Insert:
    """Parse an INSERT statement.

    Raises:
        ValueError: the form is not `INSERT INTO "table" VALUE {'name': ?, ...}` with a parameter for each name.
    """
    match = _INSERT.fullmatch(str(statement.get("Statement", "")))
    if match is None:
        raise ValueError("Statement wasn't well formed, can't be processed: the stand-in supports parameters only")
    names, parameters = _NAME.findall(match["names"]), statement.get("Parameters", [])
    if len(names) != len(parameters):
        raise ValueError("Number of parameters in request and statement don't match.")
    return Insert(match["table"], dict(zip(names, parameters, strict=True)))


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
