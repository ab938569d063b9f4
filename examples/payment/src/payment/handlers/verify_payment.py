"""VerifyPayment: the entry point of its Lambda function."""

from functools import partial
from typing import Any

from .. import bootstrap
from ..application.use_cases import verify_payment
from ..domain.commands import VerifyPayment
from ..telemetry import entry_point
from . import _operations as operations
from ._commands import counting, run
from ._http import Answer, answers_requests, api, performed, shown_version
from ._parameters import ONE, IdempotencyKey, Identity, IfMatch, expected_version
from ._smoke import answers_smoke_checks

app = api()


@app.post(
    f"{ONE}/verify",
    **operations.changes("verify_payment"),
)
def route(
    payment_id: Identity,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Take a request without a body; answer with the payment as it stands now."""
    command = VerifyPayment(
        payment_id=payment_id,
        expected_version=expected_version(if_match),
    )
    return shown_version(performed(app, command, verify_payment, idempotency_key))


@entry_point
@answers_smoke_checks(bootstrap.payments)
@answers_requests(app, partial(counting, VerifyPayment))
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the payment, or why not."""
    return run(VerifyPayment, verify_payment, event, context)
