"""The query for payments of a list or in a status: the entry point of its Lambda function."""

from bounded_context.handlers import list_handler

from ..bootstrap import shards
from ..context import PAYMENT

lambda_handler = list_handler(PAYMENT, shards)
