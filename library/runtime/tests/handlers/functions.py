"""The default context's functions by their names."""

from functools import cache
from typing import Any

from payment.context import PAYMENT

from bounded_context.testing import Samples
from bounded_context.testing.functions import handler_of
from tests.commands import CHANGES, CREATE, DELETE

ID = PAYMENT.identity
SAMPLES = Samples(PAYMENT)

CREATES = CREATE.use_case.__name__
ON_EXISTING = [pair.use_case.__name__ for pair in (*CHANGES, DELETE)]
CHANGE = ON_EXISTING[0]
DELETES = ON_EXISTING[-1]
GET, LIST = PAYMENT.queries


@cache
def handler(function: str) -> Any:
    """Return a function's handler."""
    return handler_of(PAYMENT, function)
