"""Requests with the expressions of the library's adapters, of Powertools' idempotency and of the state machine.

Each sequence contains conditions that hold and conditions that fail.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from bounded_context_infra.configuration.project import current, list_workflow

from .generated import TABLE, Call

_deserialize: Final = TypeDeserializer().deserialize

LIST: Final = {"Key": {"pk": "LIST#l-1"}}
ROW: Final = {"Key": {"pk": "PAYMENT#1"}}
_ROW: Final = {"pk": "PAYMENT#1", "status": "REGISTERED", "version": 1, "list_id": "l-1", "word": "a"}


def _update(key: dict[str, Any], update: str, values: dict[str, Any], condition: str = "", **more: Any) -> Call:
    """Return UpdateItem. ``status`` is written ``#status``."""
    text = f"{update} {condition}"
    names = {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in text else {}
    held = {"ConditionExpression": condition} if condition else {}
    attribute_values = {"ExpressionAttributeValues": values} if values else {}
    return "UpdateItem", {**key, "UpdateExpression": update, **held, **names, **attribute_values, **more}


def _progress(status: str, *before: str) -> Call:
    options = {f":{index}": value for index, value in enumerate(before)}
    condition = f"#status IN ({', '.join(options)})"
    return _update(LIST, "SET #status = :status", {":status": status, **options}, condition)


def _mark_imported() -> Call:
    """Return the request of the state machine's MarkImported."""
    text = list_workflow(current().context)
    # Pulumi fills in the names and the numbers.
    parameters = json.loads(re.sub(r"\$\{\w+\}", "1", text))["States"]["MarkImported"]["Parameters"]
    values = parameters["ExpressionAttributeValues"]
    written = {name: _deserialize(value) for name, value in values.items() if "S" in value}
    filled = dict.fromkeys(values.keys() - written.keys(), "l-1")
    parts = ("UpdateExpression", "ConditionExpression", "ExpressionAttributeNames", "ReturnValues")
    return "UpdateItem", {
        **LIST,
        **{name: parameters[name] for name in parts},
        "ExpressionAttributeValues": written | filled,
    }


_REGISTER: Final[Call] = (
    "PutItem",
    {
        "Item": {"pk": "LIST#l-1", "status": "REGISTERED", "parts": 2, "imported_parts": {7}},
        "ConditionExpression": "attribute_not_exists(pk)",
    },
)


def _add(parts: str, part: int) -> Call:
    return _update(LIST, f"ADD {parts} :part", {":part": {part}}, "", ReturnValues="ALL_NEW")


def _slot(token: str) -> Call:
    condition = "#status = :importing AND NOT contains(imported_parts, :part) AND (attribute_not_exists(writer_1) OR "
    values = {":importing": "IMPORTING", ":part": 1, ":token": token}
    expression = condition + "writer_1 = :token)"
    return _update(LIST, "SET writer_1 = :token", values, expression, ReturnValuesOnConditionCheckFailure="ALL_OLD")


def _release(token: str) -> Call:
    values = {":token": token, ":part": {1}}
    return _update(LIST, "REMOVE writer_1 ADD imported_parts :part", values, "writer_1 = :token")


def _refuse(reason: str) -> Call:
    update = "SET #status = :status, reason = if_not_exists(reason, :reason), rows_of = :rows"
    return _update(LIST, update, {":status": "COMPENSATING", ":reason": reason, ":rows": {"a": 1}})


LISTS: Final[list[Call]] = [
    _update(LIST, "SET #status = :status", {":status": "VALIDATED"}, "attribute_exists(pk)"),
    _REGISTER,
    _REGISTER,
    _progress("IMPORTING", "VALIDATED"),
    _progress("VALIDATED", "REGISTERED", "VALIDATED"),
    _progress("IMPORTING", "VALIDATED", "IMPORTING"),
    _slot("one"),
    _slot("two"),
    _mark_imported(),
    _release("two"),
    _release("one"),
    _slot("two"),
    _add("imported_parts", 1),
    _mark_imported(),
    _mark_imported(),
    _progress("IMPORTING", "VALIDATED", "IMPORTING"),
    _add("undone_parts", 0),
    _refuse("first"),
    _refuse("second"),
    ("GetItem", {**LIST, "ConsistentRead": True}),
]
"""A list's record, from its registration to its end."""


def _save(replaced: int) -> Call:
    update = "SET #status = :0, version = :1, payer = :2 REMOVE note, list_shard"
    values = {":0": "SETTLED", ":1": replaced + 1, ":2": "Ada", ":replaced": replaced}
    return _update(ROW, update, values, "version = :replaced")


def _save_tagged(etag: str) -> Call:
    return _update(ROW, "SET etag = :new", {":new": "t-2", ":etag": etag}, "attribute_not_exists(etag) OR etag = :etag")


def _undo(list_id: str) -> Call:
    delete = {
        **ROW,
        "TableName": TABLE,
        "ConditionExpression": "attribute_not_exists(pk) OR list_id = :list_id",
        "ExpressionAttributeValues": {":list_id": list_id},
    }
    other = {"TableName": TABLE, "Item": {"pk": "PAYMENT#2"}}
    return "TransactWriteItems", {"TransactItems": [{"Put": other}, {"Delete": delete}]}


def _remove(version: int) -> Call:
    values = {":version": Decimal(version)}
    return "DeleteItem", {**ROW, "ConditionExpression": "version = :version", "ExpressionAttributeValues": values}


_ADD: Final[Call] = ("PutItem", {"Item": _ROW, "ConditionExpression": "attribute_not_exists(pk)"})
_QUERY: Final = {
    "IndexName": "by_word",
    "KeyConditionExpression": "word = :0",
    "ExpressionAttributeValues": {":0": "a"},
}
_EXISTING: Final = {
    "Keys": [{"pk": "PAYMENT#1"}, {"pk": "PAYMENT#2"}],
    "ConsistentRead": True,
    "ProjectionExpression": "#p0, #p1, #p2",
    "ExpressionAttributeNames": {"#p0": "pk", "#p1": "list_id", "#p2": "status"},
}

ROWS: Final[list[Call]] = [
    _ADD,
    _ADD,
    _save(1),
    _save(1),
    _save_tagged("t-1"),
    _save_tagged("t-1"),
    _undo("l-2"),
    ("BatchGetItem", {"RequestItems": {TABLE: _EXISTING}}),
    ("Query", _QUERY),
    ("Query", {**_QUERY, "ExclusiveStartKey": {"word": "a", "pk": "PAYMENT#1"}}),
    _remove(1),
    _remove(2),
    _remove(2),
    _ADD,
    _undo("l-1"),
    ("GetItem", {"Key": {"pk": "PAYMENT#2"}}),
]
"""An aggregate, from its creation to its removal."""


def _apply(order: str) -> Call:
    condition = {
        "ConditionExpression": "attribute_not_exists(#order) OR #order < :order",
        "ExpressionAttributeNames": {"#order": "order"},
        "ExpressionAttributeValues": {":order": order},
    }
    return "PutItem", {"Item": {"pk": "SUBSCRIPTION#1", "order": order}, **condition, "ReturnValues": "ALL_OLD"}


PROJECTION: Final[list[Call]] = [_apply("2"), _apply("2"), _apply("1"), _apply("3")]
"""A thing of another context."""


def _begin(now: int) -> Call:
    return "PutItem", {
        "Item": {"pk": "key", "expires_at": 200, "status": "INPROGRESS", "in_progress_expiration": 50_000},
        "ConditionExpression": "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND "
        "attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)",
        "ExpressionAttributeNames": {
            "#id": "pk",
            "#expiry": "expires_at",
            "#in_progress_expiry": "in_progress_expiration",
            "#status": "status",
        },
        "ExpressionAttributeValues": {":now": now, ":now_in_millis": now * 1000, ":inprogress": "INPROGRESS"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


IDEMPOTENCY: Final[list[Call]] = [
    _begin(10),
    _begin(20),
    _begin(60),
    _update({"Key": {"pk": "key"}}, "SET validation = :r, #status = :status", {":r": "{}", ":status": "COMPLETED"}),
    _begin(60),
    _begin(300),
    ("DeleteItem", {"Key": {"pk": "key"}}),
]
"""A record of Powertools' idempotency (aws_lambda_powertools/utilities/idempotency/persistence/dynamodb.py)."""

SEQUENCES: Final = {"lists": LISTS, "rows": ROWS, "projection": PROJECTION, "idempotency": IDEMPOTENCY}
