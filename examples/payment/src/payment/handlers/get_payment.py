"""The query for one payment: the entry point of its Lambda function."""

from bounded_context.handlers import get_handler

from ..bootstrap import payments
from ..context import PAYMENT

lambda_handler = get_handler(PAYMENT, payments)
