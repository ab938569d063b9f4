"""The query for one <<cookiecutter.__words>>: the entry point of its Lambda function."""

from bounded_context.handlers import get_handler

from ..bootstrap import <<cookiecutter.__plural_snake>>
from ..context import <<cookiecutter.__constant>>

lambda_handler = get_handler(<<cookiecutter.__constant>>, <<cookiecutter.__plural_snake>>)
