"""CommandName: the entry point of its Lambda function."""

from typing import Any

from .. import bootstrap
from ..application.use_cases import command_name
from ..domain.commands import CommandName
from ..telemetry import entry_point
from ._commands import run
from ._smoke import answers_smoke_checks


@entry_point
@answers_smoke_checks(bootstrap.<<cookiecutter.__plural_snake>>)
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the <<cookiecutter.__words>>, or why not."""
    return run(CommandName, command_name, event, context)
