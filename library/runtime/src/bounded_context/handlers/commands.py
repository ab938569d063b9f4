"""The Lambda functions of commands: messages, idempotency and answers.

A message is ``{"idempotency_key": "...", "payload": {...}}``. For a day, the same key and payload give the same answer,
byte for byte, and one effect. The same key with another payload is refused. If the function ends between its effect and
its answer, the next attempt runs the command again. It detects the effect of the first attempt and answers with the
aggregate. It cannot detect a deletion, an effect on an aggregate that another command has meanwhile deleted, or a
change that another command has followed.

An answer is ``{"ok": true, "payment": {...}, "etag": "482910573012345"}``, with the context's name and the aggregate's
tag, or ``{"ok": false, "error": {"code", "detail"}}``.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from aws_lambda_powertools.utilities.idempotency import (
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from pydantic import BaseModel, ConfigDict, Field

from .. import aws
from ..adapters import dynamodb
from ..application.calls import MARGIN, OneChange
from ..application.ports import Aggregates
from ..declaration.context import Context
from ..declaration.entry_points import TableSettings
from ..declaration.structure import IN_PROGRESS, REUSED
from ..domain.aggregate import Aggregate, Change, Command, Details
from ..domain.faults import INVALID
from ..telemetry import Handler, about, count, logger
from ._function import function, marked
from ._requests import Refused, answer, answers_requests, obeying, reading

C = TypeVar("C", bound=Details | Change)
A = TypeVar("A", bound=Aggregate[Any, Any])
Key = str | list[str]
"""The idempotency key of a command of a caller: a message's key, or several strings that identify it together."""

_DAY_SECONDS = 24 * 60 * 60


class Message(BaseModel):
    """A command message."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    idempotency_key: str = Field(min_length=1, max_length=128)
    payload: dict[str, Any]


@dataclass(frozen=True)
class CommandHandler(Generic[C, A]):
    """The handler of a command."""

    context: Context[A]
    declared: Command[Any, Any]
    model: type[C]
    use_case: Callable[[C, Aggregates[A]], A]
    aggregates: Callable[[], Aggregates[A]]

    @classmethod
    def of(cls, context: Context[Any], model: type[C]) -> "CommandHandler[C, Any]":
        """Return the handler of a command on the table. Raises LookupError: the context does not declare it."""
        declared = context.command(model)
        return CommandHandler(context, declared, model, declared.rule, lambda: aws.aggregates(context))

    def take(self, event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Run the command in a message, once per idempotency key."""
        try:
            with self.counting():
                with reading():
                    message = Message.model_validate(event)
                with reading(model=self.model):
                    command = self.model.model_validate(message.payload)
                return self.perform(command, message.idempotency_key, message.payload, lambda_context)
        except Refused as refused:
            return answer(refused)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Log the command's name, and count a refusal, for messages and HTTP requests alike."""
        about(command=self.declared.name)
        try:
            yield
        except Refused as refused:
            self.count_refusal(refused)
            raise

    def count_refusal(self, refused: Refused) -> None:
        """Log and count a refusal."""
        logger.info("command refused", code=refused.code)
        # All faults of the request itself, such as its size, share one metric: each code costs a metric.
        reason = refused.code if refused.code in self.context.refusals else INVALID
        count(self.context.measures.commands_refused, reason=reason)

    def perform(self, command: C, key: Key | None, payload: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Run a command, once per idempotency key if it has a key, and return the answer to the message.

        A call with the same key must repeat ``payload``.

        Raises:
            Refused: a rule of the context, or idempotency, refuses the command.
        """
        about(**{self.context.identity: command.id})
        try:
            with obeying():
                response = self._effect(command) if key is None else self._once(command, key, payload, lambda_context)
        except IdempotencyValidationError:
            raise Refused(REUSED, "this idempotency key was used with another payload: take a new one") from None
        except IdempotencyAlreadyInProgressError:
            raise Refused(IN_PROGRESS, "this command is being run: ask again in a moment") from None
        logger.info("command done")
        return response

    def _effect(self, command: C) -> dict[str, Any]:
        aggregates = OneChange(self.context.transitions, self.aggregates())
        try:
            aggregate = self.use_case(command, aggregates)
            aggregates.commit()
        except dynamodb.Done as earlier:
            aggregate = earlier.aggregate
        child = aggregate.last_child if self.declared.kind == "adds" else {}
        answer = {"ok": True, self.context.name: {**self.context.payload(aggregate), **child}, "etag": aggregate.tag}
        # Powertools sorts the stored answer's keys. The first answer has the same order, and so the same bytes.
        return json.loads(json.dumps(answer, sort_keys=True))

    def _once(self, command: C, key: Key, payload: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        # Powertools' default prefix contains the code's module name: after a move, finished commands would run again.
        @idempotent_function(
            data_keyword_argument="message",
            config=_idempotency(lambda_context),
            persistence_store=aws.idempotency_records(self.declared.function),
            key_prefix=f"{self.context.name}.{self.declared.function}",
        )
        def once(*, message: dict[str, Any]) -> dict[str, Any]:
            with dynamodb.attempt(command.id, self.context.name, self.declared.function, message):
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
    """A Lambda context whose remaining time includes a margin for clock differences.

    The remaining time is the time for which a command in progress locks its key. Without it, a function that crashed
    would lock the key for a day. Powertools compares the end of the lock with the clock of the function that retries.
    """

    call: Any

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the lock ends."""
        return self.call.get_remaining_time_in_millis() + 1000 * MARGIN


def command_handler(
    context: Context[A],
    command: type[C],
    use_case: Callable[[C, Aggregates[A]], A],
    aggregates: Callable[[], Aggregates[A]],
) -> Handler:
    """Return the Lambda handler of a command. It accepts messages, and with an API also requests.

    ``use_case`` returns the aggregate after the command, or raises a BusinessError. ``aggregates`` builds the
    repository of the aggregates.

    Raises:
        LookupError: the context does not declare the command.
    """
    declared = context.command(command)
    # Only the models that the function reads are built, and at its start, when Lambda gives the most processor time.
    command.model_rebuild()
    own = CommandHandler(context, declared, command, use_case, aggregates)
    handler: Handler = own.take
    if context.api:
        from ._routes import command_operation

        operation = command_operation(context, declared, own.perform)
        handler = answers_requests(operation.run, context.name, own.counting)(handler)
    return marked(function(context, declared.function, TableSettings, [aggregates])(handler), use_case=use_case)
