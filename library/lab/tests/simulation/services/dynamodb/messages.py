"""Conversion of the values in requests and answers of DynamoDB's clients."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

Convert = Callable[[Any], Any]


def converted(message: Mapping[str, Any], convert: Convert) -> dict[str, Any]:
    """Return a request or an answer whose attributes' values are converted."""
    return {name: _MEMBERS[name](member, convert) if name in _MEMBERS else member for name, member in message.items()}


def _values(item: Mapping[str, Any], convert: Convert) -> dict[str, Any]:
    return {name: convert(value) for name, value in item.items()}


def _list(items: Any, convert: Convert) -> list[dict[str, Any]]:
    return [_values(item, convert) for item in items]


def _named(requests: Mapping[str, Any], convert: Convert) -> dict[str, Any]:
    return {name: converted(request, convert) for name, request in requests.items()}


_MEMBERS: Final[dict[str, Callable[[Any, Convert], Any]]] = {
    "Attributes": _values,
    "ExclusiveStartKey": _values,
    "ExpressionAttributeValues": _values,
    "Item": _values,
    "Items": _list,
    "Key": _values,
    "Keys": _list,
    "LastEvaluatedKey": _values,
    "RequestItems": _named,
    "Responses": lambda responses, convert: {name: _list(items, convert) for name, items in responses.items()},
    "TransactItems": lambda actions, convert: [_named(action, convert) for action in actions],
    "UnprocessedKeys": _named,
}


def as_text(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a request whose conditions, objects of ``boto3.dynamodb.conditions``, are expressions."""
    key = request.get("KeyConditionExpression")
    if not isinstance(key, ConditionBase):
        return request
    built = ConditionExpressionBuilder().build_expression(key, is_key_condition=True)
    return {
        **request,
        "KeyConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        "ExpressionAttributeValues": built.attribute_value_placeholders,
    }
