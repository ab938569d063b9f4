"""RegisterPayment: the entry point of its Lambda function."""

from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body

from .. import bootstrap
from ..application.use_cases import register_payment
from ..domain.commands import RegisterPayment
from ..telemetry import entry_point
from . import _operations as operations
from ._commands import counting, run
from ._http import Answer, answers_requests, api, performed, shown_created
from ._parameters import MANY, IdempotencyKey
from ._smoke import answers_smoke_checks

app = api()


@app.post(
    MANY,
    **operations.creates("register_payment"),
)
def route(
    command: Annotated[RegisterPayment, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Take a request with the details as its body; answer with the payment and where it is."""
    return shown_created(app, performed(app, command, register_payment, idempotency_key))


@entry_point
@answers_smoke_checks(bootstrap.payments)
@answers_requests(app, partial(counting, RegisterPayment))
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the payment, or why not."""
    return run(RegisterPayment, register_payment, event, context)
