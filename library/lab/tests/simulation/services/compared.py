"""Outcomes of requests to the simulated DynamoDB and to moto.

``MOTO`` lists the known differences of moto 5.2.5 from DynamoDB. The generated requests avoid most of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from .dynamodb import Service, SimClient, SimTable, Store
from .generated import INDEX, TABLE, Call, Request
from .plain_gate import PlainGate

MOTO: Final = (
    "A transaction with an update that does not fit its item is refused with ValidationException. DynamoDB cancels it, "
    "with the reason ValidationError (API reference, TransactWriteItems).",
    "An absent attribute is equal to null. In DynamoDB only attribute_not_exists() and <> are true of it.",
    "An order between values of two types raises TypeError in moto. In DynamoDB it is false.",
    "true is equal to 1, and ordered with numbers. In DynamoDB values of two types are not equal, and have no order.",
    "Numbers keep their trailing zeros: 1.50 is stored as such. DynamoDB trims them.",
    "SET of an attribute from another one lets both share a set, which a later ADD changes in both.",
    "A failed ADD to a new item leaves the item, and a failed update may leave a part of its effects.",
    "Requests with bad syntax, or undefined names, fail in moto itself.",
    "The key of an index may be a number, or empty. DynamoDB refuses such an item.",
    "size() of an absent attribute raises ValueError in moto itself. In DynamoDB the comparison is false.",
)

_METHODS: Final = {
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "GetItem": "get_item",
    "Query": "query",
    "Scan": "scan",
    "BatchGetItem": "batch_get_item",
    "TransactWriteItems": "transact_write_items",
}
_OF_CLIENT: Final = ("BatchGetItem", "TransactWriteItems")
_LEFT_OUT: Final = frozenset(("ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"))

Outcome = Any
Send = Callable[[str, Request], Any]


def simulated() -> tuple[Store, SimTable, SimClient]:
    """Return an empty table, as boto3's resource and as its client have it."""
    gate = PlainGate()
    store = Store(TABLE, gate, {INDEX: "word"})
    service = Service(store, gate)
    return store, SimTable(service), SimClient(service)


def outcome(send: Send, call: Call) -> Outcome:
    """Send a request, and return its answer, or the code, the item and the reasons of its error."""
    try:
        answer = send(*call)
    except ClientError as error:
        return _refusal(error.response)
    return _ordered(call[0], {name: member for name, member in answer.items() if name not in _LEFT_OUT})


def _refusal(response: Mapping[str, Any]) -> Outcome:
    reasons = [
        {name: member for name, member in reason.items() if name != "Message"}
        for reason in response.get("CancellationReasons", ())
    ]
    return response["Error"]["Code"], _members_ordered(response.get("Item")), _members_ordered(reasons)


def _ordered(operation: str, answer: Request) -> Request:
    """Return an answer in a fixed order. BatchGetItem returns its items in any order, and Scan in that of a hash."""
    answer = _members_ordered(answer)
    if operation == "Scan":
        answer["Items"].sort(key=repr)
    if "Responses" in answer:
        answer["Responses"] = {name: sorted(items, key=repr) for name, items in answer["Responses"].items()}
    return answer


def _members_ordered(value: Any) -> Any:
    """Return DynamoDB's JSON with the members of sets in order."""
    if isinstance(value, dict):
        return {
            name: sorted(member) if name in ("SS", "NS") else _members_ordered(member) for name, member in value.items()
        }
    return [_members_ordered(member) for member in value] if isinstance(value, list) else value


def through_table(table: Any) -> Send:
    """Return the function that sends requests with Python's values."""

    def send(operation: str, request: Request) -> Any:
        target = table.meta.client if operation in _OF_CLIENT else table
        return getattr(target, _METHODS[operation])(**request)

    return send


def through_client(client: Any) -> Send:
    """Return the function that sends requests in DynamoDB's JSON."""

    def send(operation: str, request: Request) -> Any:
        table = {} if operation in _OF_CLIENT else {"TableName": TABLE}
        return getattr(client, _METHODS[operation])(**table, **_in_json(request))

    return send


_serialize: Final = TypeSerializer().serialize


def _in_json(request: Request) -> Request:
    return {name: _JSON[name](member) if name in _JSON else member for name, member in request.items()}


def _values(item: Mapping[str, Any]) -> Request:
    return {name: _serialize(value) for name, value in item.items()}


_JSON: Final[dict[str, Callable[[Any], Any]]] = {
    "Item": _values,
    "Key": _values,
    "ExclusiveStartKey": _values,
    "ExpressionAttributeValues": _values,
    "Keys": lambda keys: [_values(key) for key in keys],
    "RequestItems": lambda tables: {name: _in_json(wanted) for name, wanted in tables.items()},
    "TransactItems": lambda actions: [
        {kind: _in_json(request) for kind, request in action.items()} for action in actions
    ],
}


def compare(calls: Sequence[Call], first: Send, other: Send) -> bool:
    """Send the same requests to both, until moto leaves DynamoDB's documentation (see ``MOTO``).

    Returns whether the tables have to be equal now. Raises AssertionError at the first request with another outcome.
    """
    for call in calls:
        ours = outcome(first, call)
        try:
            theirs = outcome(other, call)
        except (TypeError, ValueError):
            return False
        assert ours == theirs or known(ours, theirs), f"{call}\nfirst: {ours}\nsecond: {theirs}"
        if isinstance(ours, tuple) and ours[0] == "ValidationException":
            return False
    return True


def known(ours: Outcome, theirs: Outcome) -> bool:
    """Return whether ``MOTO`` lists the difference of two outcomes."""
    if not (isinstance(ours, tuple) and isinstance(theirs, tuple)):
        return False
    return theirs[0] == "ValidationException" and {"Code": "ValidationError"} in ours[2]
