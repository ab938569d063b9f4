"""Messages to the functions, and what comes back."""

import importlib
from typing import Any

from payment.domain.events import SOURCE

from tests import samples
from tests.commands import CREATE
from tests.handlers.conftest import LambdaContext

CREATES = CREATE[1].__name__


def call(function: str, event: Any, context: Any = None) -> Any:
    """Call a function with an event."""
    module = importlib.import_module(f"payment.handlers.{function}")
    return module.lambda_handler(event, context or LambdaContext())


def created(n: int = 1) -> dict[str, Any]:
    """Create the n-th aggregate, and return it as it is shown."""
    return call(CREATES, {"idempotency_key": f"key-{n}", "payload": samples.values(n)})[SOURCE]


def identity(n: int = 1) -> str:
    """Return the n-th aggregate's identity."""
    return samples.payment(n).id
