"""The first context's interface: commands in, events out of its topic."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.emulator.aws import Aws
from bounded_context_local.emulator.process import Endpoints
from bounded_context_local.running.context import invoke
from bounded_context_local.sample_lists import KINDS, UNIQUE

QUEUE = "pair-listens"


class First:
    """The context that another local run has deployed."""

    def __init__(self, aws: Aws, endpoints: Endpoints) -> None:
        self._aws = aws
        self._endpoints = endpoints

    def identities(self, count: int) -> list[str]:
        """Return ``count`` valid identities, the same in each run."""
        make = UNIQUE[self._endpoints.columns[self._endpoints.identity]]
        return [make(number) for number in range(1, count + 1)]

    def create(self, command: str, identities: Iterable[str]) -> None:
        """Send the creating command for each identity, with generated details."""
        dice = random.Random(0)  # noqa: S311  samples, not secrets
        for number, identity in enumerate(identities, 1):
            details = {name: KINDS[kind](dice, number) for name, kind in self._endpoints.columns.items()}
            self._send(command, details | {self._endpoints.identity: identity})

    def delete(self, command: str, identity: str) -> None:
        """Send the deleting command."""
        self._send(command, {self._endpoints.identity: identity})

    @contextmanager
    def heard(self) -> Iterator[Subscriber]:
        """Subscribe a new queue to the topic, and read it until the end of the block."""
        topic = self._endpoints.outputs["topic_arn"]
        arn = f"arn:aws:sqs:{self._aws.region}:{self._aws.account}:{QUEUE}"
        attributes = {"Policy": _only_from(topic, arn)}
        url = self._aws.call("sqs", "create_queue", QueueName=QUEUE, Attributes=attributes)["QueueUrl"]
        raw = {"RawMessageDelivery": "true"}
        self._aws.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
        reader = Subscriber(self._aws, QUEUE, url)
        try:
            yield reader
        finally:
            reader.stop()

    def _send(self, command: str, payload: dict[str, Any]) -> None:
        """Invoke the command's function. Raises LocalRunError with the answer if the command is rejected."""
        message = {"idempotency_key": str(uuid.uuid4()), "payload": payload}
        answer = invoke(self._aws, self._endpoints.outputs["functions"][command], message)
        if not answer.get("ok"):
            raise LocalRunError(f"{self._endpoints.context} refused {command}: {answer}")


def _only_from(topic_arn: str, queue_arn: str) -> str:
    """Return a queue's policy that allows only the topic to send messages."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
