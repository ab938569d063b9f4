"""What the commands' entry points share: the message, idempotency, and refusals as answers.

A message is ``{"idempotency_key": "...", "payload": {...}}``. The same key and payload give the same answer and one
effect, for a day (if the function dies between its effect and its answer, the second try is refused for what the first
one did); the same key with another payload is refused. An answer is
``{"ok": true, "<<cookiecutter.__package>>": {...}}`` or
``{"ok": false, "error": {"code", "detail"}}``.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .. import bootstrap
from ..adapters.items import KEY
from ..application.ports import <<cookiecutter.plural>>
from ..domain import events
from ..domain.commands import Change
from ..domain.model import ID, BusinessError, <<cookiecutter.context_name>>, <<cookiecutter.context_name>>Details
from ..settings import TableSettings, load
from ..telemetry import about, count, logger, measures

C = TypeVar("C", bound=<<cookiecutter.context_name>>Details | Change)
_DAY_SECONDS = 24 * 60 * 60


class Message(BaseModel):
    """A command as it is sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    idempotency_key: str = Field(min_length=1, max_length=128)
    payload: dict[str, Any]


def run(
    kind: type[C],
    use_case: Callable[[C, <<cookiecutter.plural>>], <<cookiecutter.context_name>>],
    event: dict[str, Any],
    context: Any,
) -> dict[str, Any]:
    """Run a use case for a message, once per idempotency key."""
    about(command=kind.__name__)
    try:
        message = Message.model_validate(event)
        command = kind.model_validate(message.payload)
        about(**{ID: command.id})
        answer = _once(message, context, lambda: _performed(command, use_case))
        logger.info("command done")
        return answer
    except ValidationError as error:
        return _refused("invalid", _sentence(error))
    except BusinessError as error:
        return _refused(error.code, str(error))
    except IdempotencyValidationError:
        return _refused("idempotency-key-reused", "this idempotency_key was used with another payload: take a new one")
    except IdempotencyAlreadyInProgressError:
        return _refused("in-progress", "this command is being run: ask again in a moment")


def _performed(command: C, use_case: Callable[[C, <<cookiecutter.plural>>], <<cookiecutter.context_name>>]) -> dict[str, Any]:
    <<cookiecutter.__package>> = use_case(command, bootstrap.<<cookiecutter.__plural_snake>>())
    return {"ok": True, "<<cookiecutter.__package>>": events.payload(<<cookiecutter.__package>>)}


def _once(message: Message, context: Any, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    config = IdempotencyConfig(
        event_key_jmespath="idempotency_key",
        payload_validation_jmespath="payload",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_DAY_SECONDS,
    )
    # Without the context, a record in progress would outlive the function that was to finish it.
    config.register_lambda_context(context)
    store = DynamoDBPersistenceLayer(
        table_name=load(TableSettings).table_name,
        key_attr=KEY,
        expiry_attr="expires_at",
        boto3_client=bootstrap.dynamodb_client(),
    )

    @idempotent_function(data_keyword_argument="message", config=config, persistence_store=store)
    def once(*, message: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        return perform()

    return once(message=message.model_dump())


def _refused(code: str, detail: str) -> dict[str, Any]:
    logger.info("command refused", code=code)
    count(measures.COMMANDS_REFUSED, reason=code)
    return {"ok": False, "error": {"code": code, "detail": detail}}


def _sentence(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems)
