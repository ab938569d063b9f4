"""CommandName: the entry point of its Lambda function."""

from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body

from .. import bootstrap
from ..application.use_cases import command_name
from ..domain.commands import CommandName
from ..telemetry import entry_point
from . import _operations as operations
from ._commands import counting, run
from ._http import Answer, answers_requests, api, performed, shown_created
from ._parameters import MANY, IdempotencyKey
from ._smoke import answers_smoke_checks

app = api()


@app.post(
    MANY,
    **operations.creates("command_name"),
)
def route(
    command: Annotated[CommandName, Body()],
    idempotency_key: IdempotencyKey = None,
) -> Answer:
    """Take a request with the details as its body; answer with the <<cookiecutter.__words>> and where it is."""
    return shown_created(app, performed(app, command, command_name, idempotency_key))


@entry_point
@answers_smoke_checks(bootstrap.<<cookiecutter.__package>>s)
@answers_requests(app, partial(counting, CommandName))
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a message with the command as its payload; answer with the <<cookiecutter.__words>>, or why not."""
    return run(CommandName, command_name, event, context)
