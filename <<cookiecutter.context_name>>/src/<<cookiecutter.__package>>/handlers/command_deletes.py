"""CommandName: the entry point of its Lambda function."""

from functools import partial
from typing import Any

from .. import bootstrap
from ..application.use_cases import command_name
from ..domain.commands import CommandName
from ..telemetry import entry_point
from . import _operations as operations
from ._commands import counting, run
from ._http import Answer, answers_requests, api, performed, shown
from ._parameters import ONE, IdempotencyKey, Identity, IfMatch, expected_version
from ._smoke import answers_smoke_checks

app = api()


@app.delete(
    ONE,
    **operations.deletes("command_name"),
)
def route(
    <<cookiecutter.__package>>_id: Identity,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Take a request; answer with the <<cookiecutter.__words>> as it was."""
    command = CommandName(
        <<cookiecutter.__package>>_id=<<cookiecutter.__package>>_id,
        expected_version=expected_version(if_match),
    )
    return shown(performed(app, command, command_name, idempotency_key))


@entry_point
@answers_smoke_checks(bootstrap.<<cookiecutter.__package>>s)
@answers_requests(app, partial(counting, CommandName))
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the <<cookiecutter.__words>>, or why not."""
    return run(CommandName, command_name, event, context)
