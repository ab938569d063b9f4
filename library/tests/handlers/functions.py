"""The default context's functions by their names."""

import importlib
from typing import Any

from payment.context import PAYMENT

from bounded_context.handlers.deployed import entry_point_of
from bounded_context.testing import Samples
from tests.commands import CHANGES, CREATE, DELETE

ID = PAYMENT.identity
SAMPLES = Samples(PAYMENT)

CREATES = CREATE.use_case.__name__
ON_EXISTING = [pair.use_case.__name__ for pair in (*CHANGES, DELETE)]
CHANGE = ON_EXISTING[0]
DELETES = ON_EXISTING[-1]
GET, LIST = PAYMENT.queries


def handler(function: str) -> Any:
    """Return a function's handler."""
    module, _, name = entry_point_of(PAYMENT, function).rpartition(".")
    return getattr(importlib.import_module(module), name)
