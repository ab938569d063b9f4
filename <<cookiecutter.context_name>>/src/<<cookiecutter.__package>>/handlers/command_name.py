"""CommandName: the entry point of its Lambda function."""

from bounded_context.handlers import command_handler

from ..bootstrap import <<cookiecutter.__plural_snake>>
from ..commands import CommandName
from ..context import <<cookiecutter.__constant>>
from ..use_cases import command_name

lambda_handler = command_handler(<<cookiecutter.__constant>>, CommandName, command_name, <<cookiecutter.__plural_snake>>)
