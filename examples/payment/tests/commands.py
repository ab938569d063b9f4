"""The context's commands, by what they do: the tests speak of "the creating command" and work for any context."""

from payment.application import use_cases
from payment.domain import commands

CREATE = (commands.RegisterPayment, use_cases.register_payment)
CHANGES = [
    (commands.VerifyPayment, use_cases.verify_payment),
]
DELETE = (commands.DeletePayment, use_cases.delete_payment)
