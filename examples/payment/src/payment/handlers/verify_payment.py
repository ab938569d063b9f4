"""VerifyPayment: the entry point of its Lambda function."""

from bounded_context.handlers import command_handler

from ..bootstrap import payments
from ..commands import VerifyPayment
from ..context import PAYMENT
from ..use_cases import verify_payment

lambda_handler = command_handler(PAYMENT, VerifyPayment, verify_payment, payments)
