"""The contexts' commands, by what they do: the tests speak of "the creating command" and work for any context."""

from typing import Any, NamedTuple

from payment import commands, use_cases
from payment.context import PAYMENT

from bounded_context import Context
from tests import contexts
from tests.contexts import INVOICE, ORDER


class Pair(NamedTuple):
    """A command and the use case that it is for."""

    command: Any
    use_case: Any


class Commands(NamedTuple):
    """A context's commands."""

    context: Context[Any]
    create: Pair
    changes: tuple[Pair, ...]
    delete: Pair


OF_PAYMENT = Commands(
    PAYMENT,
    Pair(commands.RegisterPayment, use_cases.register_payment),
    (Pair(commands.VerifyPayment, use_cases.verify_payment),),
    Pair(commands.DeletePayment, use_cases.delete_payment),
)
OF_ORDER = Commands(
    ORDER,
    Pair(contexts.PlaceOrder, contexts.place_order),
    (Pair(contexts.PackOrder, contexts.pack_order),),
    Pair(contexts.CancelOrder, contexts.cancel_order),
)
OF_INVOICE = Commands(
    INVOICE,
    Pair(contexts.IssueInvoice, contexts.issue_invoice),
    (),
    Pair(contexts.VoidInvoice, contexts.void_invoice),
)
ALL = (OF_PAYMENT, OF_ORDER, OF_INVOICE)

CREATE, CHANGES, DELETE = OF_PAYMENT.create, OF_PAYMENT.changes, OF_PAYMENT.delete
"""Those of the default context."""
