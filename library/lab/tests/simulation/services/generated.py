"""Hypothesis strategies: requests to DynamoDB in the grammar that the adapters and the state machine use."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

Request = dict[str, Any]
Call = tuple[str, Request]
"""An operation, such as ``PutItem``, and its request with Python's values."""

TABLE: Final = "compared"
INDEX: Final = "by_word"
KEYS: Final = ("k-1", "k-2")

_SMALL: Final = st.sampled_from((-1, 0, 1, 2)).map(Decimal)
_WORDS: Final = st.sampled_from(("", "a", "ab", "b"))
_SETS: Final = st.sets(st.sampled_from((1, 2)).map(Decimal), min_size=1)
_TAGS: Final = st.sets(st.sampled_from("ab"), min_size=1)
_FACTS: Final = st.dictionaries(st.sampled_from("ab"), _SMALL, max_size=2)
_FLAGS: Final = st.sampled_from((True, False, "a"))

VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "parts": _SMALL | st.sampled_from(("0.5", "1.25")).map(Decimal),
    "imported": _SETS,
    "reason": _WORDS,
    "status": st.sampled_from(("OPEN", "DONE")),
    "tags": _TAGS,
    "facts": _FACTS,
    "valid": _FLAGS | st.none(),
    "word": st.sampled_from(("a", "b")),
}
"""Attributes and their values. ``word`` is the key of the index. ``valid`` has values of several types."""

_COMPARED: Final = VALUES | {"valid": _FLAGS}
"""Values in conditions. moto treats null as an absent attribute."""

_NAMES: Final = tuple(VALUES)
_UNINDEXED: Final = tuple(name for name in VALUES if name != "word")


class Placeholders:
    """The names and values of a request under construction."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.names = dict[str, str]()
        self.values = dict[str, Any]()

    def name(self, attribute: str) -> str:
        """Return an attribute's name, or its placeholder. ``status`` is a reserved word."""
        if attribute != "status" and self.draw(st.booleans()):
            return attribute
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, strategy: st.SearchStrategy[Any]) -> str:
        """Return the placeholder of a drawn value."""
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = self.draw(strategy)
        return placeholder

    def members(self) -> Request:
        """Return the members of the request. DynamoDB refuses empty members."""
        named = {"ExpressionAttributeNames": self.names, "ExpressionAttributeValues": self.values}
        return {name: mapping for name, mapping in named.items() if mapping}


def condition(slots: Placeholders, depth: int = 2) -> str:
    """Return a condition."""
    kind = slots.draw(st.sampled_from(("atom", "atom", "AND", "OR", "NOT", "()"))) if depth else "atom"
    if kind == "atom":
        return slots.draw(st.sampled_from(_ATOMS))(slots)
    if kind == "NOT":
        return f"NOT ({condition(slots, depth - 1)})"
    if kind == "()":
        return f"({condition(slots, depth - 1)})"
    return f"{condition(slots, depth - 1)} {kind} {condition(slots, depth - 1)}"


def _attribute(slots: Placeholders) -> str:
    return slots.draw(st.sampled_from((*_NAMES, "valid", "valid", "valid")))


def _existence(slots: Placeholders) -> str:
    function = slots.draw(st.sampled_from(("attribute_exists", "attribute_not_exists")))
    return f"{function}({slots.name(slots.draw(st.sampled_from(('pk', *_NAMES))))})"


def _equality(slots: Placeholders) -> str:
    attribute = _attribute(slots)
    return f"{slots.name(attribute)} {slots.draw(st.sampled_from(('=', '<>')))} {slots.value(_COMPARED[attribute])}"


def _order(slots: Placeholders) -> str:
    # moto raises an internal error for an order between values of two types.
    attribute, values = slots.draw(st.sampled_from((("parts", _SMALL), ("reason", _WORDS), ("status", _WORDS))))
    return f"{slots.name(attribute)} {slots.draw(st.sampled_from(('<', '<=', '>', '>=')))} {slots.value(values)}"


def _membership(slots: Placeholders) -> str:
    attribute = _attribute(slots)
    options = ", ".join(slots.value(_COMPARED[attribute]) for _ in range(slots.draw(st.integers(1, 3))))
    return f"{slots.name(attribute)} IN ({options})"


def _size(slots: Placeholders) -> str:
    attribute = slots.draw(st.sampled_from(("imported", "tags", "facts", "reason")))
    name, other = slots.name(attribute), slots.value(_SMALL) if slots.draw(st.booleans()) else slots.name("parts")
    sign = slots.draw(st.sampled_from(("=", "<", ">=")))
    # moto raises an internal error for the size of an absent attribute.
    return f"(attribute_exists({name}) AND size({name}) {sign} {other})"


def _contains(slots: Placeholders) -> str:
    attribute, parts = slots.draw(st.sampled_from((("imported", _SMALL), ("tags", _WORDS), ("reason", _WORDS))))
    return f"contains({slots.name(attribute)}, {slots.value(parts)})"


def _begins(slots: Placeholders) -> str:
    return f"begins_with({slots.name(slots.draw(st.sampled_from(('reason', 'status', 'pk'))))}, {slots.value(_WORDS)})"


def _between(slots: Placeholders) -> str:
    low, high = sorted((slots.draw(_SMALL), slots.draw(_SMALL)))
    return f"{slots.name('parts')} BETWEEN {slots.value(st.just(low))} AND {slots.value(st.just(high))}"


def _nested(slots: Placeholders) -> str:
    return f"{slots.name('facts')}.a = {slots.value(_SMALL)}"


_ATOMS: Final = (_existence, _equality, _order, _membership, _size, _contains, _begins, _between, _nested)


def update(slots: Placeholders) -> str:
    """Return an update of different attributes."""
    attributes = slots.draw(st.lists(st.sampled_from(_UNINDEXED), min_size=1, max_size=3, unique=True))
    clauses = dict[str, list[str]]()
    for attribute in attributes:
        actions = _ON_SETS if attribute in ("imported", "tags") else _ON_OTHERS
        clause, action = slots.draw(st.sampled_from(actions))(slots, attribute)
        clauses.setdefault(clause, []).append(action)
    return " ".join(f"{clause} {', '.join(actions)}" for clause, actions in clauses.items())


def _set(slots: Placeholders, attribute: str) -> tuple[str, str]:
    return "SET", f"{slots.name(attribute)} = {slots.value(VALUES[attribute])}"


def _set_once(slots: Placeholders, attribute: str) -> tuple[str, str]:
    name = slots.name(attribute)
    return "SET", f"{name} = if_not_exists({name}, {slots.value(VALUES[attribute])})"


def _set_from(slots: Placeholders, attribute: str) -> tuple[str, str]:
    # In moto, two attributes then share a set, and a later ADD changes both.
    # moto orders true with numbers: what other conditions compare has no value of `valid`.
    flags = ("valid",) if attribute in ("facts", "valid") else ()
    source = slots.draw(st.sampled_from(("parts", "reason", "status", *flags)))
    return "SET", f"{slots.name(attribute)} = {slots.name(source)}"


def _count(slots: Placeholders, _: str) -> tuple[str, str]:
    sign = slots.draw(st.sampled_from("+-"))
    return "SET", f"version = if_not_exists(version, {slots.value(_SMALL)}) {sign} {slots.value(_SMALL)}"


def _remove(slots: Placeholders, attribute: str) -> tuple[str, str]:
    return "REMOVE", slots.name(attribute)


def _add(slots: Placeholders, _: str) -> tuple[str, str]:
    return "ADD", f"{slots.name('parts')} {slots.value(_SMALL)}"


def _change(slots: Placeholders, attribute: str) -> tuple[str, str]:
    clause = slots.draw(st.sampled_from(("ADD", "DELETE")))
    return clause, f"{slots.name(attribute)} {slots.value(VALUES[attribute])}"


_ON_SETS: Final = (_set, _set_once, _remove, _change, _change, _change)
_ON_OTHERS: Final = (_set, _set, _set_once, _set_from, _count, _remove, _add)


@st.composite
def conditional(draw: Any, members: Callable[[Placeholders], Request], *, updates: bool = False) -> Request:
    """Return the request of a write, at random with a condition."""
    slots = Placeholders(draw)
    request = members(slots)
    if updates:
        request["UpdateExpression"] = update(slots)
    if draw(st.booleans()):
        request["ConditionExpression"] = condition(slots)
        if draw(st.booleans()):
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request | slots.members()


def _key(slots: Placeholders) -> Request:
    return {"Key": {"pk": slots.draw(st.sampled_from(KEYS))}}


def item(slots: Placeholders) -> Request:
    """Return the member Item."""
    values = slots.draw(st.fixed_dictionaries({}, optional=VALUES))
    return {"Item": {"pk": slots.draw(st.sampled_from(KEYS)), **values}}


PUT: Final = conditional(item)
UPDATE: Final = conditional(_key, updates=True)
DELETE: Final = conditional(_key)


def _returning(*values: str) -> st.SearchStrategy[Request]:
    return st.sampled_from(({}, *({"ReturnValues": value} for value in values)))


def _of(operation: str, *requests: st.SearchStrategy[Request]) -> st.SearchStrategy[Call]:
    return st.tuples(*requests).map(
        lambda parts: (operation, {name: value for part in parts for name, value in part.items()})
    )


@st.composite
def _get(draw: Any) -> Call:
    slots = Placeholders(draw)
    request = _key(slots) | {"ConsistentRead": draw(st.booleans())} | _projection(slots) | slots.members()
    return "GetItem", request


def _projection(slots: Placeholders) -> Request:
    wanted = slots.draw(st.lists(st.sampled_from(("pk", *_NAMES)), max_size=3, unique=True))
    return {"ProjectionExpression": ", ".join(slots.name(name) for name in wanted)} if wanted else {}


@st.composite
def _batch_get(draw: Any) -> Call:
    slots = Placeholders(draw)
    keys = draw(st.lists(st.sampled_from((*KEYS, "none")), min_size=1, max_size=3, unique=True))
    wanted = {"Keys": [{"pk": key} for key in keys]} | _projection(slots) | slots.members()
    return "BatchGetItem", {"RequestItems": {TABLE: wanted}}


def _action(kind: str, request: Request) -> Request:
    return {kind: {"TableName": TABLE, **request}}


def _checks(request: Request) -> Request:
    return {"ConditionExpression": "attribute_exists(pk)", **request}


_ACTION: Final = st.one_of(
    PUT.map(lambda request: _action("Put", request)),
    UPDATE.map(lambda request: _action("Update", request)),
    DELETE.map(lambda request: _action("Delete", request)),
    DELETE.map(lambda request: _action("ConditionCheck", _checks(request))),
)


def _transaction(actions: list[Request]) -> Call:
    return "TransactWriteItems", {"TransactItems": actions}


@st.composite
def _query(draw: Any) -> Call:
    request: Request = {"IndexName": INDEX, "KeyConditionExpression": "word = :word"}
    request["ExpressionAttributeValues"] = {":word": draw(VALUES["word"])}
    if after := draw(st.none() | st.sampled_from(KEYS)):
        request["ExclusiveStartKey"] = {"word": request["ExpressionAttributeValues"][":word"], "pk": after}
    return "Query", request


@st.composite
def _scan(draw: Any) -> Call:
    slots = Placeholders(draw)
    held = {":prefix": draw(st.sampled_from(("", "k", "k-2")))}
    request = draw(
        st.just({}) | st.just({"FilterExpression": "begins_with(pk, :prefix)", "ExpressionAttributeValues": held})
    )
    return "Scan", request | _projection(slots) | slots.members()


def _both(items: tuple[Request, Request]) -> Call:
    """Return the transaction that puts both items."""
    puts = [_action("Put", {"Item": {"pk": key, **values}}) for key, values in zip(KEYS, items, strict=True)]
    return _transaction(puts)


_ITEM: Final = st.fixed_dictionaries({}, optional=VALUES)

_CALL: Final = st.one_of(
    _of("PutItem", PUT, _returning("ALL_OLD")),
    _of("UpdateItem", UPDATE, _returning("ALL_OLD", "ALL_NEW")),
    _of("UpdateItem", UPDATE, _returning("ALL_OLD", "ALL_NEW")),
    _of("DeleteItem", DELETE, _returning("ALL_OLD")),
    _get(),
    _batch_get(),
    _query(),
    _scan(),
    st.lists(_ACTION, min_size=1, max_size=2).map(_transaction),
)

CALLS: Final = st.tuples(st.tuples(_ITEM, _ITEM).map(_both), st.lists(_CALL, min_size=2, max_size=8)).map(
    lambda parts: [parts[0], *parts[1]]
)
"""Sequences of requests. The first request puts both items."""
