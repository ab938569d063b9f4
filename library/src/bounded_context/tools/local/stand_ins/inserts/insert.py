"""PartiQL INSERT statements of the import: their parser, and the transactions of puts that replace a batch.

The emulator's streams contain puts. The first transaction contains all inserts of a batch. If keys exist, it is
cancelled, and the next transaction has the rest.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

DUPLICATE: Final = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
"""The error of a statement (DynamoDB API reference, BatchStatementError)."""

Reasons = Sequence[Mapping[str, Any]]
"""Cancellation reasons, one per put, with the code "None" for puts without fault; empty after a success."""

_NO_FAULT: Final = "None"

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
    found = _INSERT.fullmatch(str(statement.get("Statement", "")))
    if found is None:
        raise ValueError("Statement wasn't well formed, can't be processed: the stand-in supports parameters only")
    names, parameters = _NAME.findall(found["names"]), statement.get("Parameters", [])
    if len(names) != len(parameters):
        raise ValueError("Number of parameters in request and statement don't match.")
    return Insert(found["table"], dict(zip(names, parameters, strict=True)))


def inserted(
    statements: Sequence[Mapping[str, Any]],
    key_of: Callable[[str], str],
    write: Callable[[Sequence[Mapping[str, Any]]], Reasons],
) -> list[dict[str, Any]]:
    """Insert the items with new keys; return DynamoDB's response for each statement, in order.

    Args:
        statements: the batch, in the format of BatchExecuteStatement.
        key_of: returns the name of a table's partition key.
        write: executes a transaction of items for TransactWriteItems; if cancelled, at least one put has a fault.
    """
    remaining, answers = _parsed(statements)
    while remaining:
        reasons = write([_put(item, key_of(item.table)) for item in remaining.values()])
        if not reasons:
            answers |= {number: {"TableName": item.table} for number, item in remaining.items()}
            break
        for (number, item), reason in zip(list(remaining.items()), reasons, strict=True):
            if reason["Code"] != _NO_FAULT:
                answers[number] = {"TableName": item.table, "Error": _error(reason)}
                del remaining[number]
    return [answers[number] for number in range(len(statements))]


def at_fault(reasons: Reasons) -> bool:
    """Return whether any put has a fault."""
    return any(reason["Code"] != _NO_FAULT for reason in reasons)


def _parsed(statements: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Insert], dict[int, dict[str, Any]]]:
    """Return the inserts, and the errors for statements that cannot be parsed, both by position."""
    inserts, answers = dict[int, Insert](), dict[int, dict[str, Any]]()
    for number, statement in enumerate(statements):
        try:
            inserts[number] = insert(statement)
        except ValueError as error:
            answers[number] = {"Error": {"Code": "ValidationError", "Message": str(error)}}
    return inserts, answers


def _put(insertion: Insert, key: str) -> dict[str, Any]:
    condition = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}}
    return {"Put": {"TableName": insertion.table, "Item": insertion.item, **condition}}


def _error(reason: Mapping[str, Any]) -> dict[str, Any]:
    if reason["Code"] == "ConditionalCheckFailed":
        return DUPLICATE
    return {"Code": reason["Code"], "Message": reason.get("Message", "")}
