"""The contexts that the tests run over: the default one, and two of other shapes."""

from enum import StrEnum
from typing import Annotated, Any

import pytest
from payment.context import PAYMENT
from pydantic import Field

from bounded_context import (
    Aggregate,
    Aggregates,
    Amount,
    BusinessError,
    Change,
    Command,
    Context,
    Currency,
    Day,
    Details,
    EventData,
    Flag,
    Identifier,
    Personal,
    State,
    Text,
    WholeNumber,
    expected,
)


class Progress(StrEnum):
    """Where an order stands."""

    PLACED = "PLACED"
    PACKED = "PACKED"
    SHIPPED = "SHIPPED"


class OrderDetails(Details):
    """Has a decimal and no currency, and every other type."""

    order_id: Identifier
    customer_id: Text
    weight: Amount
    pieces: WholeNumber
    express: Flag
    wanted_on: Day


class OrderState(State):
    """What the packers say."""

    packed_by: Annotated[Text, Personal] | None = None
    parcels: WholeNumber = 0


class Order(Aggregate[OrderDetails, Progress, OrderState]):
    """An order as it stands."""


class PlaceOrder(OrderDetails):
    """Create the order with these details."""


class PackOrder(Change):
    """Move the order to PACKED, in a number of parcels."""

    order_id: Identifier
    packed_by: Annotated[Text, Personal] | None = None
    parcels: WholeNumber = 2


class ShipOrder(Change):
    """Move the order to SHIPPED; it must be PACKED."""

    order_id: Identifier


class CancelOrder(Change):
    """Remove the order."""

    order_id: Identifier


class NotPacked(BusinessError):
    """A rule of this context alone."""

    code = "not-packed"
    status = 422
    title = "The order is not packed"

    def __init__(self, identity: str) -> None:
        super().__init__(f"order {identity!r} is not packed")


class OrderData(EventData):
    """The order after the change."""

    order_id: Identifier
    customer_id: Text
    weight: Amount
    pieces: WholeNumber
    express: bool
    wanted_on: Day
    packed_by: Annotated[Text, Personal] | None = None
    parcels: WholeNumber = 0
    status: str
    version: int = Field(ge=1)
    list_id: str | None


def place_order(command: PlaceOrder, orders: Aggregates[Order]) -> Order:
    """Create the order."""
    created = Order(OrderDetails.of(command), Progress.PLACED)
    orders.add(created)
    return created


def pack_order(command: PackOrder, orders: Aggregates[Order]) -> Order:
    """Move the order to PACKED."""
    state = OrderState(packed_by=command.packed_by, parcels=command.parcels)
    changed = expected(command, orders).moved_to(Progress.PACKED, state)
    orders.save(changed)
    return changed


def ship_order(command: ShipOrder, orders: Aggregates[Order]) -> Order:
    """Move the order to SHIPPED. Raises NotPacked."""
    current = expected(command, orders)
    changed = current.moved_to(Progress.SHIPPED)
    if current.status is not Progress.PACKED:
        raise NotPacked(current.id)
    orders.save(changed)
    return changed


def cancel_order(command: CancelOrder, orders: Aggregates[Order]) -> Order:
    """Remove the order and return it as it was."""
    current = expected(command, orders)
    orders.remove(current)
    return current


ORDER = Context(
    name="order",
    plural="orders",
    display_name="Bestellung",
    owner="orders-team",
    aggregate=Order,
    commands=(
        Command.creates(PlaceOrder, place_order, Progress.PLACED, "OrderPlaced"),
        Command.changes(PackOrder, pack_order, Progress.PACKED, "OrderPacked", after=(Progress.PLACED,)),
        Command.changes(
            ShipOrder,
            ship_order,
            Progress.SHIPPED,
            "OrderShipped",
            "PUT /orders/{order_id}/shipment",
            after=(Progress.PACKED,),
            errors=(NotPacked,),
        ),
        Command.deletes(CancelOrder, cancel_order, "OrderCancelled", after=(Progress.PLACED, Progress.PACKED)),
    ),
    data=OrderData,
    versions={
        "OrderPlaced": "1.0",
        "OrderPacked": "1.2",
        "OrderShipped": "2.0",
        "OrderCancelled": "1.0",
        "OrderListImported": "1.0",
        "OrderListRejected": "1.0",
    },
    deprecated={"OrderPacked.1": "2027-03-31", "ship_order": "2026-12-01/2027-03-31"},
    references={"customer_id": "customer"},
    verification="verify_customer",
    queried_by=("list", "status"),
    subscribers=("billing",),
)
"""With a rule, a refusal and a route of its own."""


class Standing(StrEnum):
    """Where an invoice stands."""

    ISSUED = "ISSUED"


class SalesInvoiceDetails(Details):
    """Two decimals and two currencies; an identity that is not named after the aggregate."""

    number: Identifier
    net: Amount
    billed_in: Currency
    vat: Amount
    paid_in: Currency


class SalesInvoice(Aggregate[SalesInvoiceDetails, Standing]):
    """An invoice as it stands."""


class IssueInvoice(SalesInvoiceDetails):
    """Create the invoice with these details."""


class VoidInvoice(Change):
    """Remove the invoice."""

    number: Identifier


class SalesInvoiceData(EventData):
    """The invoice after the change."""

    number: Identifier
    net: Amount
    billed_in: Currency
    vat: Amount
    paid_in: Currency
    status: str
    version: int = Field(ge=1)
    list_id: str | None


def issue_invoice(command: IssueInvoice, invoices: Aggregates[SalesInvoice]) -> SalesInvoice:
    """Create the invoice."""
    created = SalesInvoice(SalesInvoiceDetails.of(command), Standing.ISSUED)
    invoices.add(created)
    return created


def void_invoice(command: VoidInvoice, invoices: Aggregates[SalesInvoice]) -> SalesInvoice:
    """Remove the invoice and return it as it was."""
    current = expected(command, invoices)
    invoices.remove(current)
    return current


INVOICE = Context(
    name="sales_invoice",
    plural="sales_invoices",
    display_name="Invoice",
    owner="billing",
    aggregate=SalesInvoice,
    commands=(
        Command.creates(IssueInvoice, issue_invoice, Standing.ISSUED, "SalesInvoiceIssued"),
        Command.deletes(VoidInvoice, void_invoice, "SalesInvoiceVoided", after=tuple(Standing)),
    ),
    data=SalesInvoiceData,
    versions={
        "SalesInvoiceIssued": "1.0",
        "SalesInvoiceVoided": "1.0",
        "SalesInvoiceListImported": "1.0",
        "SalesInvoiceListRejected": "1.0",
    },
    queried_by=("status",),
    api=False,
)
"""Without an API, references, subscribers and changes; listed by status alone."""

CONTEXTS: tuple[Context[Any], ...] = (PAYMENT, ORDER, INVOICE)

over_contexts = pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
"""Runs a test over each of them."""


class Handed(StrEnum):
    """Where a parcel stands."""

    SENT = "SENT"
    WEIGHED = "WEIGHED"
    REROUTED = "REROUTED"


class ParcelDetails(Details):
    """What the sender says."""

    parcel_id: Identifier
    pieces: WholeNumber
    sent_on: Day


class Parcel(Aggregate[ParcelDetails, Handed]):
    """A parcel as it stands."""


class SendParcel(ParcelDetails):
    """Create the parcel with these details."""


class WeighParcel(Change):
    """Move the parcel to WEIGHED."""

    parcel_id: Identifier
    kilograms: Amount


class RerouteParcel(Change):
    """Move the parcel to REROUTED, by a depot and until a day."""

    parcel_id: Identifier
    depot: Identifier
    until: Day
    note: Text | None = None


class ReturnParcel(Change):
    """Remove the parcel."""

    parcel_id: Identifier
    reason: Text


class ParcelData(EventData):
    """The parcel after the change."""

    parcel_id: Identifier
    status: str


class TooLate(BusinessError):
    """The day has passed."""

    code = "too-late"
    status = 410
    title = "The day has passed"


def send_parcel(command: SendParcel, parcels: Aggregates[Parcel]) -> Parcel:
    """Create the parcel."""
    created = Parcel(ParcelDetails.of(command), Handed.SENT)
    parcels.add(created)
    return created


def weigh_parcel(command: WeighParcel, parcels: Aggregates[Parcel]) -> Parcel:
    """Move the parcel to WEIGHED."""
    changed = expected(command, parcels).moved_to(Handed.WEIGHED)
    parcels.save(changed)
    return changed


def reroute_parcel(command: RerouteParcel, parcels: Aggregates[Parcel]) -> Parcel:
    """Move the parcel to REROUTED. Raises TooLate."""
    current = expected(command, parcels)
    if command.until < current.details.sent_on:
        raise TooLate(f"{command.until} is before {current.details.sent_on}, when {command.depot} had it")
    changed = current.moved_to(Handed.REROUTED)
    parcels.save(changed)
    return changed


def return_parcel(command: ReturnParcel, parcels: Aggregates[Parcel]) -> Parcel:
    """Remove the parcel and return it as it was."""
    current = expected(command, parcels)
    parcels.remove(current)
    return current


PARCEL = Context(
    name="parcel",
    plural="parcels",
    display_name="Parcel",
    owner="parcels-team",
    aggregate=Parcel,
    commands=(
        Command.creates(SendParcel, send_parcel, Handed.SENT, "ParcelSent", route="PUT /parcels/{parcel_id}"),
        Command.changes(
            WeighParcel, weigh_parcel, Handed.WEIGHED, "ParcelWeighed", after=(Handed.SENT, Handed.REROUTED)
        ),
        Command.changes(
            RerouteParcel,
            reroute_parcel,
            Handed.REROUTED,
            "ParcelRerouted",
            route="PATCH /depots/{depot}/parcels/{parcel_id}/{until}",
            after=(Handed.SENT, Handed.WEIGHED),
        ),
        Command.deletes(ReturnParcel, return_parcel, "ParcelReturned", route="POST /returns", after=tuple(Handed)),
    ),
    data=ParcelData,
    versions=dict.fromkeys(
        ("ParcelSent", "ParcelWeighed", "ParcelRerouted", "ParcelReturned", "ParcelListImported", "ParcelListRejected"),
        "1.0",
    ),
    errors=(TooLate,),
)
"""With commands that have fields of their own, routes of many shapes, and no query for many."""
