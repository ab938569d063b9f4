"""What the commands' functions do: the message, idempotency, and refusals as answers.

A message is ``{"idempotency_key": "...", "payload": {...}}``. The same key and payload give the same answer and one
effect, for a day; the same key with another payload is refused. If the function ends between its effect and its answer,
the next try runs the command again. It finds the effect of the first try, and answers with the aggregate, unless
another command has removed the aggregate in between, or changed it after a change. A removal has no effect to find.

An answer is ``{"ok": true, "payment": {...}, "etag": "482910573012345"}``, with the context's name and the aggregate's
tag, or ``{"ok": false, "error": {"code", "detail"}}``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

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

from .. import aws
from ..adapters import keyed
from ..adapters.items import KEY
from ..application.ports import Aggregates
from ..application.writers import MARGIN
from ..context import IN_PROGRESS, INVALID, REUSED, Context
from ..domain import events
from ..domain.aggregate import Aggregate, Change, Details
from ..domain.commands import Command
from ..settings import TableSettings, load
from ..telemetry import about, count, logger
from ._refusals import Refused, answer, obeying, reading

C = TypeVar("C", bound=Details | Change)
A = TypeVar("A", bound=Aggregate[Any, Any])
Key = str | list[str]
"""What names one order of one caller: a message's own key, or several texts that do together."""

_DAY_SECONDS = 24 * 60 * 60


class Message(BaseModel):
    """A command as it is sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    idempotency_key: str = Field(min_length=1, max_length=128)
    payload: dict[str, Any]


@dataclass(frozen=True)
class CommandHandler(Generic[C, A]):
    """Runs one command of a context."""

    context: Context[A]
    declared: Command[Any]
    model: type[C]
    use_case: Callable[[C, Aggregates[A]], A]
    aggregates: Callable[[], Aggregates[A]]

    def take(self, event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Run the command of a message, once per idempotency key."""
        try:
            with self.counting():
                with reading():
                    message = Message.model_validate(event)
                    command = self.model.model_validate(message.payload)
                return self.perform(command, message.idempotency_key, message.payload, lambda_context)
        except Refused as refused:
            return answer(refused)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Say which command a call is about, and count its refusal, whichever door it came through."""
        about(command=self.declared.name)
        try:
            yield
        except Refused as refused:
            logger.info("command refused", code=refused.code)
            # What is wrong with a request, its size for instance, is one number: each code costs a metric.
            reason = refused.code if refused.code in self.context.refusals else INVALID
            count(self.context.measures.commands_refused, reason=reason)
            raise

    def perform(self, command: C, key: Key | None, payload: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Run a command, once per idempotency key if there is one; returns the answer to the message.

        ``payload`` is what a repeated key must come with again.

        Raises:
            Refused: by a rule of the context, or by idempotency.
        """
        about(**{self.context.identity: command.id})
        try:
            with obeying():
                done = self._effect(command) if key is None else self._once(command, key, payload, lambda_context)
        except IdempotencyValidationError:
            raise Refused(REUSED, "this idempotency key was used with another payload: take a new one") from None
        except IdempotencyAlreadyInProgressError:
            raise Refused(IN_PROGRESS, "this command is being run: ask again in a moment") from None
        logger.info("command done")
        return done

    def _effect(self, command: C) -> dict[str, Any]:
        try:
            left = self.use_case(command, self.aggregates())
        except keyed.Done as done:
            left = done.aggregate
        return {"ok": True, self.context.name: events.payload(left), "etag": left.tag}

    def _once(self, command: C, key: Key, payload: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        # Powertools' own prefix has names of code: after a move, a command that was done would not be known any more.
        @idempotent_function(
            data_keyword_argument="message",
            config=_idempotency(lambda_context),
            persistence_store=_records(),
            key_prefix=f"{self.context.name}.{self.declared.function}",
        )
        def once(*, message: dict[str, Any]) -> dict[str, Any]:
            with keyed.attempt(command.id, self.context.name, self.declared.function, message):
                return self._effect(command)

        return once(message={"idempotency_key": key, "payload": payload})


def _idempotency(lambda_context: Any) -> IdempotencyConfig:
    config = IdempotencyConfig(
        event_key_jmespath="idempotency_key",
        payload_validation_jmespath="payload",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_DAY_SECONDS,
    )
    config.register_lambda_context(cast("Any", _Locked(lambda_context)))
    return config


@dataclass(frozen=True)
class _Locked:
    """How long the record of a command in progress locks its key: until the function ends, by any function's clock.

    Without it, the record of a function that died would lock the key for a day. Powertools compares the end of the lock
    with the clock of the function that repeats the command.
    """

    call: Any

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the lock ends."""
        return self.call.get_remaining_time_in_millis() + 1000 * MARGIN


def _records() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=load(TableSettings).table_name,
        key_attr=KEY,
        expiry_attr="expires_at",
        boto3_client=aws.dynamodb_client(),
    )
