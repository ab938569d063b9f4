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
        return {name: given for name, given in named.items() if given}


def condition(made: Placeholders, depth: int = 2) -> str:
    """Return a condition."""
    kind = made.draw(st.sampled_from(("atom", "atom", "AND", "OR", "NOT", "()"))) if depth else "atom"
    if kind == "atom":
        return made.draw(st.sampled_from(_ATOMS))(made)
    if kind == "NOT":
        return f"NOT ({condition(made, depth - 1)})"
    if kind == "()":
        return f"({condition(made, depth - 1)})"
    return f"{condition(made, depth - 1)} {kind} {condition(made, depth - 1)}"


def _attribute(made: Placeholders) -> str:
    return made.draw(st.sampled_from((*_NAMES, "valid", "valid", "valid")))


def _existence(made: Placeholders) -> str:
    function = made.draw(st.sampled_from(("attribute_exists", "attribute_not_exists")))
    return f"{function}({made.name(made.draw(st.sampled_from(('pk', *_NAMES))))})"


def _equality(made: Placeholders) -> str:
    attribute = _attribute(made)
    return f"{made.name(attribute)} {made.draw(st.sampled_from(('=', '<>')))} {made.value(_COMPARED[attribute])}"


def _order(made: Placeholders) -> str:
    # moto raises an internal error for an order between values of two types.
    attribute, values = made.draw(st.sampled_from((("parts", _SMALL), ("reason", _WORDS), ("status", _WORDS))))
    return f"{made.name(attribute)} {made.draw(st.sampled_from(('<', '<=', '>', '>=')))} {made.value(values)}"


def _membership(made: Placeholders) -> str:
    attribute = _attribute(made)
    options = ", ".join(made.value(_COMPARED[attribute]) for _ in range(made.draw(st.integers(1, 3))))
    return f"{made.name(attribute)} IN ({options})"


def _size(made: Placeholders) -> str:
    attribute = made.draw(st.sampled_from(("imported", "tags", "facts", "reason")))
    name, other = made.name(attribute), made.value(_SMALL) if made.draw(st.booleans()) else made.name("parts")
    sign = made.draw(st.sampled_from(("=", "<", ">=")))
    # moto raises an internal error for the size of an absent attribute.
    return f"(attribute_exists({name}) AND size({name}) {sign} {other})"


def _contains(made: Placeholders) -> str:
    attribute, parts = made.draw(st.sampled_from((("imported", _SMALL), ("tags", _WORDS), ("reason", _WORDS))))
    return f"contains({made.name(attribute)}, {made.value(parts)})"


def _begins(made: Placeholders) -> str:
    return f"begins_with({made.name(made.draw(st.sampled_from(('reason', 'status', 'pk'))))}, {made.value(_WORDS)})"


def _between(made: Placeholders) -> str:
    low, high = sorted((made.draw(_SMALL), made.draw(_SMALL)))
    return f"{made.name('parts')} BETWEEN {made.value(st.just(low))} AND {made.value(st.just(high))}"


def _nested(made: Placeholders) -> str:
    return f"{made.name('facts')}.a = {made.value(_SMALL)}"


_ATOMS: Final = (_existence, _equality, _order, _membership, _size, _contains, _begins, _between, _nested)


def update(made: Placeholders) -> str:
    """Return an update of different attributes."""
    attributes = made.draw(st.lists(st.sampled_from(_UNINDEXED), min_size=1, max_size=3, unique=True))
    clauses = dict[str, list[str]]()
    for attribute in attributes:
        actions = _ON_SETS if attribute in ("imported", "tags") else _ON_OTHERS
        clause, action = made.draw(st.sampled_from(actions))(made, attribute)
        clauses.setdefault(clause, []).append(action)
    return " ".join(f"{clause} {', '.join(actions)}" for clause, actions in clauses.items())


def _set(made: Placeholders, attribute: str) -> tuple[str, str]:
    return "SET", f"{made.name(attribute)} = {made.value(VALUES[attribute])}"


def _set_once(made: Placeholders, attribute: str) -> tuple[str, str]:
    name = made.name(attribute)
    return "SET", f"{name} = if_not_exists({name}, {made.value(VALUES[attribute])})"


def _set_from(made: Placeholders, attribute: str) -> tuple[str, str]:
    # In moto, two attributes then share a set, and a later ADD changes both.
    # moto orders true with numbers: what other conditions compare has no value of `valid`.
    flags = ("valid",) if attribute in ("facts", "valid") else ()
    source = made.draw(st.sampled_from(("parts", "reason", "status", *flags)))
    return "SET", f"{made.name(attribute)} = {made.name(source)}"


def _count(made: Placeholders, _: str) -> tuple[str, str]:
    sign = made.draw(st.sampled_from("+-"))
    return "SET", f"version = if_not_exists(version, {made.value(_SMALL)}) {sign} {made.value(_SMALL)}"


def _remove(made: Placeholders, attribute: str) -> tuple[str, str]:
    return "REMOVE", made.name(attribute)


def _add(made: Placeholders, _: str) -> tuple[str, str]:
    return "ADD", f"{made.name('parts')} {made.value(_SMALL)}"


def _change(made: Placeholders, attribute: str) -> tuple[str, str]:
    clause = made.draw(st.sampled_from(("ADD", "DELETE")))
    return clause, f"{made.name(attribute)} {made.value(VALUES[attribute])}"


_ON_SETS: Final = (_set, _set_once, _remove, _change, _change, _change)
_ON_OTHERS: Final = (_set, _set, _set_once, _set_from, _count, _remove, _add)


@st.composite
def conditional(draw: Any, members: Callable[[Placeholders], Request], *, updates: bool = False) -> Request:
    """Return the request of a write, at random with a condition."""
    made = Placeholders(draw)
    request = members(made)
    if updates:
        request["UpdateExpression"] = update(made)
    if draw(st.booleans()):
        request["ConditionExpression"] = condition(made)
        if draw(st.booleans()):
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request | made.members()


def _key(made: Placeholders) -> Request:
    return {"Key": {"pk": made.draw(st.sampled_from(KEYS))}}


def item(made: Placeholders) -> Request:
    """Return the member Item."""
    values = made.draw(st.fixed_dictionaries({}, optional=VALUES))
    return {"Item": {"pk": made.draw(st.sampled_from(KEYS)), **values}}


PUT: Final = conditional(item)
UPDATE: Final = conditional(_key, updates=True)
DELETE: Final = conditional(_key)


def _returning(*values: str) -> st.SearchStrategy[Request]:
    return st.sampled_from(({}, *({"ReturnValues": value} for value in values)))


def _of(operation: str, *requests: st.SearchStrategy[Request]) -> st.SearchStrategy[Call]:
    return st.tuples(*requests).map(
        lambda parts: (operation, {name: one for part in parts for name, one in part.items()})
    )


@st.composite
def _get(draw: Any) -> Call:
    made = Placeholders(draw)
    request = _key(made) | {"ConsistentRead": draw(st.booleans())} | _projection(made) | made.members()
    return "GetItem", request


def _projection(made: Placeholders) -> Request:
    wanted = made.draw(st.lists(st.sampled_from(("pk", *_NAMES)), max_size=3, unique=True))
    return {"ProjectionExpression": ", ".join(made.name(one) for one in wanted)} if wanted else {}


@st.composite
def _batch_get(draw: Any) -> Call:
    made = Placeholders(draw)
    keys = draw(st.lists(st.sampled_from((*KEYS, "none")), min_size=1, max_size=3, unique=True))
    wanted = {"Keys": [{"pk": key} for key in keys]} | _projection(made) | made.members()
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
    made = Placeholders(draw)
    held = {":prefix": draw(st.sampled_from(("", "k", "k-2")))}
    request = draw(
        st.just({}) | st.just({"FilterExpression": "begins_with(pk, :prefix)", "ExpressionAttributeValues": held})
    )
    return "Scan", request | _projection(made) | made.members()


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
