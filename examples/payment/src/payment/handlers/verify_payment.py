"""VerifyPayment: the entry point of its Lambda function."""

from typing import Any

from ..application.use_cases import verify_payment
from ..domain.commands import VerifyPayment
from ..telemetry import entry_point
from ._commands import run


@entry_point
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the payment, or why not."""
    return run(VerifyPayment, verify_payment, event, context)
