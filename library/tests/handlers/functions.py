"""The default context's functions by their names."""

import importlib
from typing import Any

from payment.context import PAYMENT

from bounded_context.infra.presets import PLATFORM
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
    package = "bounded_context" if function in PLATFORM else PAYMENT.name
    return importlib.import_module(f"{package}.handlers.{function}").lambda_handler
