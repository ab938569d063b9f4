"""OnEvent: takes other contexts' events from the queue, and keeps what is new about what this context refers to."""

from bounded_context import aws
from bounded_context.handlers import event_handler

from ..bootstrap import projection
from ..context import PAYMENT

lambda_handler = event_handler(PAYMENT, projection, aws.dead_letters)
