"""The query for <<cookiecutter.__plural_words>> of a list or in a status: the entry point of its Lambda function."""

from bounded_context.handlers import list_handler

from ..bootstrap import shards
from ..context import <<cookiecutter.__constant>>

lambda_handler = list_handler(<<cookiecutter.__constant>>, shards)
