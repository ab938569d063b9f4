"""The data that commands set are stored, published and queried, and no caller gives them."""

from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError, create_model

import bounded_context
from bounded_context import Aggregate, Change, Child, Context, Identifier, Personal, State, Text, WholeNumber
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.items import AggregateShards, Items
from bounded_context.application.queries import list_many, selection
from bounded_context.declaration.context import BadContext
from bounded_context.domain import events
from bounded_context.domain.field_types import FIELD_TYPES, FieldType
from bounded_context.testing import Samples
from bounded_context_cli.contracts.openapi.document import view
from bounded_context_local.testing.plugin import made_table
from tests.contexts import ORDER, Order, OrderDetails, OrderState, PackOrder, Progress, pack_order

STATE = OrderState(packed_by="Ada", parcels=3)
PACKED = {"packed_by": "Ada", "parcels": 3}


def packed() -> Order:
    """Return an order that its packer has changed."""
    return Samples(ORDER).aggregate(1).moved_to(Progress.PACKED, STATE)


def values(document: dict[str, Any]) -> dict[str, Any]:
    """Return the values that commands set."""
    return {name: document.get(name) for name in PACKED}


def test_only_commands_set_the_state():
    """Neither a row of a list nor the command that creates has its fields."""
    assert not set(PACKED) & ({*ORDER.rows.columns} | {*ORDER.creating.model.model_fields})
    assert Samples(ORDER).aggregate(1).state == OrderState()


@pytest.mark.parametrize("known", FIELD_TYPES, ids=lambda known: known.kind)
def test_a_value_of_each_type_is_set(known: FieldType):
    """As a command has it: read from its JSON value. Others stay, and a wrong value or name is refused."""
    kind: Any = getattr(bounded_context, known.name)
    given = TypeAdapter(kind).validate_python(known.value)
    fields: Any = {"value": (kind | None, None), "other": (kind | None, None)}
    model: Any = create_model("Given", __base__=State, **fields)
    state = model(other=given).having(value=given)
    assert (state.value, state.other) == (given, given)
    for values in ({"value": ["none"]}, {"colour": given}):
        with pytest.raises(ValidationError):
            state.having(**values)


@pytest.mark.parametrize("base", [Change, Child])
@pytest.mark.parametrize("known", FIELD_TYPES, ids=lambda known: known.kind)
def test_a_rule_gives_a_value_of_each_type_to_a_child_and_to_a_command(known: FieldType, base: type[Any]):
    """Rules of children copy values of their command. Rules of reactions and deadlines write commands."""
    kind: Any = getattr(bounded_context, known.name)
    given = TypeAdapter(kind).validate_python(known.value)
    model: Any = create_model("Given", __base__=base, order_id=(Identifier, ...), value=(kind, ...))
    written = model(order_id="order-1", value=given)
    assert written.value == given
    assert model.model_validate(written.model_dump(mode="json")) == written


def test_a_later_change_keeps_the_state():
    """Unless it sets another one."""
    assert packed().moved_to(Progress.SHIPPED).state == STATE
    assert packed().moved_to(Progress.SHIPPED, OrderState()).state == OrderState()


@pytest.mark.usefixtures("aws")
def test_the_state_is_stored_and_read():
    """By a command's rule; a new order has the defaults, as an item from before the fields has."""
    orders = AggregateTable(Items(ORDER), made_table(ORDER))
    order = Samples(ORDER).aggregate(1)
    orders.add(order)
    assert orders.get(order.id).state == OrderState()
    pack_order(PackOrder(order_id=order.id, **PACKED), orders)
    assert orders.get(order.id).state == STATE
    item = Items(ORDER).from_aggregate(packed())
    assert Items(ORDER).to_aggregate({name: item[name] for name in item if name not in PACKED}).state == OrderState()


def test_the_state_is_published_and_answered():
    """The event's data, their model, and the answer of the API have its fields."""
    derived = replace(ORDER, data=Context.__dataclass_fields__["data"].default)
    assert values(events.payload(packed())) == PACKED
    assert values(derived.data.model_validate(events.payload(packed())).model_dump()) == PACKED
    assert set(PACKED) <= set(view(ORDER).model_fields)
    assert ORDER.personal["packed_by"] is None


@pytest.mark.usefixtures("aws")
def test_orders_are_queried_by_their_state():
    """The index has only items with the value."""
    context = replace(ORDER, queried_by=("packed_by",))
    items, table = Items(context), made_table(context)
    orders, other = AggregateTable(items, table), Samples(context).aggregate(2)
    for order in (packed(), other):
        orders.add(order)
    query: Any = {"packed_by": "Ada"}
    page = list_many(selection(context)(**query), AggregateShards(items, table))
    assert page.aggregates == [packed()]


class Required(State):
    """A field without a default."""

    packed_by: Text


class Repeated(State):
    """A field of the details."""

    pieces: WholeNumber = 0


class Own(State):
    """A field of every aggregate."""

    version: WholeNumber = 0


class Many(State):
    """A field that is no value of a cell."""

    parcels: tuple[Identifier, ...] = ()


class Nobody(State):
    """May be None, and is not by default."""

    packed_by: Annotated[Text, Personal] | None = "nobody"


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (Required, "Required.packed_by"),
        (Repeated, "Repeated.pieces"),
        (Own, "'version'"),
        (Many, "Many.parcels"),
        (Nobody, "Nobody.packed_by"),
    ],
)
def test_a_contradictory_state_is_refused(state: Any, place: str):
    """The sentence names the class and the field."""

    class Order(Aggregate[OrderDetails, Progress, state]):
        """An order as it stands."""

    kind: Any = Order
    with pytest.raises(BadContext, match=place):
        replace(ORDER, aggregate=kind, queried_by=("list",))
