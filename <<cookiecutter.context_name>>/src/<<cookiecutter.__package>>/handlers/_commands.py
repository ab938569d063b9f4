"""What the commands' entry points share: the message, idempotency, and refusals as answers.

A message is ``{"idempotency_key": "...", "payload": {...}}``. The same key and payload give the same answer and one
effect, for a day (if the function dies between its effect and its answer, the second try is refused for what the first
one did); the same key with another payload is refused. An answer is
``{"ok": true, "<<cookiecutter.__package>>": {...}}`` or
``{"ok": false, "error": {"code", "detail"}}``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from pydantic import BaseModel, ConfigDict, Field

from .. import bootstrap
from ..adapters.items import KEY
from ..application.ports import <<cookiecutter.context_name>>s
from ..domain import events
from ..domain.commands import Change
from ..domain.model import ID, <<cookiecutter.context_name>>, <<cookiecutter.context_name>>Details
from ..settings import TableSettings, load
from ..telemetry import about, count, logger, measures
from ._refusals import INVALID, Refused, answer, obeying, reading

C = TypeVar("C", bound=<<cookiecutter.context_name>>Details | Change)
Key = str | list[str]
"""What names one order of one caller: a message's own key, or several texts that do together."""

REUSED = "idempotency-key-reused"
IN_PROGRESS = "in-progress"
_DAY_SECONDS = 24 * 60 * 60


class Message(BaseModel):
    """A command as it is sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    idempotency_key: str = Field(min_length=1, max_length=128)
    payload: dict[str, Any]


def run(
    kind: type[C],
    use_case: Callable[[C, <<cookiecutter.context_name>>s], <<cookiecutter.context_name>>],
    event: dict[str, Any],
    context: Any,
) -> dict[str, Any]:
    """Run a use case for a message, once per idempotency key."""
    try:
        with counting(kind):
            with reading():
                message = Message.model_validate(event)
                command = kind.model_validate(message.payload)
            return perform(command, use_case, message.idempotency_key, message.payload, context)
    except Refused as refused:
        return answer(refused)


@contextmanager
def counting(kind: type[C]) -> Iterator[None]:
    """Say which command a call is about, and count its refusal, whichever door it came through."""
    about(command=kind.__name__)
    try:
        yield
    except Refused as refused:
        logger.info("command refused", code=refused.code)
        # What is wrong with a request, its size for instance, is one number: each code costs a metric.
        reason = refused.code if refused.code in measures.REFUSALS else INVALID
        count(measures.COMMANDS_REFUSED, reason=reason)
        raise


def perform(
    command: C,
    use_case: Callable[[C, <<cookiecutter.context_name>>s], <<cookiecutter.context_name>>],
    key: Key | None,
    payload: dict[str, Any],
    context: Any,
) -> dict[str, Any]:
    """Run a use case, once per idempotency key if there is one; returns the answer to the message.

    ``payload`` is what a repeated key must come with again.

    Raises:
        Refused: by a rule of the context, or by idempotency.
    """
    about(**{ID: command.id})

    def effect() -> dict[str, Any]:
        left = use_case(command, bootstrap.<<cookiecutter.__package>>s())
        return {"ok": True, "<<cookiecutter.__package>>": events.payload(left)}

    try:
        with obeying():
            done = effect() if key is None else _once(key, payload, context, effect)
    except IdempotencyValidationError:
        raise Refused(REUSED, "this idempotency key was used with another payload: take a new one") from None
    except IdempotencyAlreadyInProgressError:
        raise Refused(IN_PROGRESS, "this command is being run: ask again in a moment") from None
    logger.info("command done")
    return done


def _once(key: Key, payload: dict[str, Any], context: Any, effect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
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

    # Powertools puts this function's name into its keys: under another, a command that was done is not known any more.
    @idempotent_function(data_keyword_argument="message", config=config, persistence_store=store)
    def once(*, message: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        return effect()

    return once(message={"idempotency_key": key, "payload": payload})
