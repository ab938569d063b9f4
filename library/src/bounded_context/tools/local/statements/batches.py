"""Conversion of a batch of INSERTs to transactions of puts, which reach the emulator's streams.

The first transaction contains all inserts. If keys exist, it is cancelled, and the next transaction has the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .insert import DUPLICATE, Insert, insert

Reasons = Sequence[Mapping[str, Any]]
"""Cancellation reasons, one per put, with the code "None" for puts without fault; empty after a success."""

_NO_FAULT: Final = "None"


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
    remaining, answers = _read(statements)
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


def _read(statements: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Insert], dict[int, dict[str, Any]]]:
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
