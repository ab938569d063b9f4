"""A batch of INSERTs as transactions of puts, which the emulator's streams hear of.

All that a batch inserts goes into one; where keys are taken it is cancelled, and the rest goes into the next.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .form import DUPLICATE, Insert, insert

Reasons = Sequence[Mapping[str, Any]]
"""Why a transaction was cancelled, an entry for each put, whose code is "None" where it is not at fault; else empty."""

_NO_FAULT: Final = "None"


def inserted(
    statements: Sequence[Mapping[str, Any]],
    key_of: Callable[[str], str],
    write: Callable[[Sequence[Mapping[str, Any]]], Reasons],
) -> list[dict[str, Any]]:
    """Insert what can be, and return DynamoDB's answer to each statement, in their order.

    Args:
        statements: of a batch, as BatchExecuteStatement takes them.
        key_of: gives the name of a table's partition key.
        write: does a transaction, as TransactWriteItems takes its items; at least one is at fault if it is cancelled.
    """
    left, answers = _read(statements)
    while left:
        reasons = write([_put(one, key_of(one.table)) for one in left.values()])
        if not reasons:
            answers |= {number: {"TableName": one.table} for number, one in left.items()}
            break
        for (number, one), reason in zip(list(left.items()), reasons, strict=True):
            if reason["Code"] != _NO_FAULT:
                answers[number] = {"TableName": one.table, "Error": _error(reason)}
                del left[number]
    return [answers[number] for number in range(len(statements))]


def at_fault(reasons: Reasons) -> bool:
    """Whether any put is."""
    return any(reason["Code"] != _NO_FAULT for reason in reasons)


def _read(statements: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Insert], dict[int, dict[str, Any]]]:
    """Return what is to be inserted, and the answers to what cannot be read, each by its place."""
    inserts, answers = dict[int, Insert](), dict[int, dict[str, Any]]()
    for number, statement in enumerate(statements):
        try:
            inserts[number] = insert(statement)
        except ValueError as error:
            answers[number] = {"Error": {"Code": "ValidationError", "Message": str(error)}}
    return inserts, answers


def _put(one: Insert, key: str) -> dict[str, Any]:
    condition = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}}
    return {"Put": {"TableName": one.table, "Item": one.item, **condition}}


def _error(reason: Mapping[str, Any]) -> dict[str, Any]:
    if reason["Code"] == "ConditionalCheckFailed":
        return DUPLICATE
    return {"Code": reason["Code"], "Message": reason.get("Message", "")}
