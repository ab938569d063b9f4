"""A context with deadlines: orders that wait to be packed, and packed orders that wait to be shipped."""

from dataclasses import replace
from datetime import timedelta

from bounded_context import Context, Deadline
from tests.contexts import ORDER, Order, PackOrder, Progress, ShipOrder

WAITS = timedelta(days=30)


def pack_late(order: Order) -> PackOrder | None:
    """Pack an order, unless it has a single piece."""
    return None if order.details.pieces == 1 else PackOrder(order_id=order.id)


def ship_late(order: Order) -> ShipOrder:
    """Ship a packed order."""
    return ShipOrder(order_id=order.id)


PLACED = Deadline(Progress.PLACED, after=WAITS, command=pack_late)
PACKED = Deadline(Progress.PACKED, after=timedelta(days=2), command=ship_late)
DUE_ORDER: Context[Order] = replace(ORDER, deadlines=(PLACED, PACKED))
