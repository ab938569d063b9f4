"""Messages to the functions, and what comes back."""

from typing import Any

from payment.context import PAYMENT

from bounded_context import Context, aws
from bounded_context.domain.events import payload
from tests.handlers.conftest import LambdaContext
from tests.handlers.functions import CREATES, SAMPLES, handler


def call(function: str, event: Any, context: Any = None) -> Any:
    """Call a function with an event."""
    return handler(function)(event, context or LambdaContext())


def created(n: int = 1) -> dict[str, Any]:
    """Create the n-th aggregate, and return it as it is shown."""
    return call(CREATES, {"idempotency_key": f"key-{n}", "payload": SAMPLES.values(n)})[PAYMENT.name]


def brought(n: int = 1, **values: str) -> dict[str, Any]:
    """Store the n-th aggregate, with these values, as one that the list l-1 brought, and return it as it is shown."""
    context: Context[Any] = PAYMENT
    details = context.details.model_validate({**SAMPLES.values(n), **values})
    aggregate = context.aggregate(details, context.initial_status, list_id="l-1")
    aws.aggregates(PAYMENT).add(aggregate)
    return payload(aggregate)


def identity(n: int = 1) -> str:
    """Return the n-th aggregate's identity."""
    return SAMPLES.aggregate(n).id
