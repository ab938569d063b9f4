"""DeletePayment: the entry point of its Lambda function."""

from typing import Any

from .. import bootstrap
from ..application.use_cases import delete_payment
from ..domain.commands import DeletePayment
from ..telemetry import entry_point
from ._commands import run
from ._smoke import answers_smoke_checks


@entry_point
@answers_smoke_checks(bootstrap.payments)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the payment, or why not."""
    return run(DeletePayment, delete_payment, event, context)
