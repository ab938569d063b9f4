"""DeletePayment: the entry point of its Lambda function."""

from functools import partial
from typing import Any

from .. import bootstrap
from ..application.use_cases import delete_payment
from ..domain.commands import DeletePayment
from ..telemetry import entry_point
from . import _operations as operations
from ._commands import counting, run
from ._http import Answer, answers_requests, api, performed, shown
from ._parameters import ONE, IdempotencyKey, Identity, IfMatch, expected_version
from ._smoke import answers_smoke_checks

app = api()


@app.delete(
    ONE,
    **operations.deletes("delete_payment"),
)
def route(
    payment_id: Identity,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Take a request; answer with the payment as it was."""
    command = DeletePayment(
        payment_id=payment_id,
        expected_version=expected_version(if_match),
    )
    return shown(performed(app, command, delete_payment, idempotency_key))


@entry_point
@answers_smoke_checks(bootstrap.payments)
@answers_requests(app, partial(counting, DeletePayment))
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the payment, or why not."""
    return run(DeletePayment, delete_payment, event, context)
