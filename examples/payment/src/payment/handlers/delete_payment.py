"""DeletePayment: the entry point of its Lambda function."""

from bounded_context.handlers import command_handler

from ..bootstrap import payments
from ..commands import DeletePayment
from ..context import PAYMENT
from ..use_cases import delete_payment

lambda_handler = command_handler(PAYMENT, DeletePayment, delete_payment, payments)
