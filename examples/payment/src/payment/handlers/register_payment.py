"""RegisterPayment: the entry point of its Lambda function."""

from bounded_context.handlers import command_handler

from ..bootstrap import payments
from ..commands import RegisterPayment
from ..context import PAYMENT
from ..use_cases import register_payment

lambda_handler = command_handler(PAYMENT, RegisterPayment, register_payment, payments)
