"""The parts of a stack that a reseed uses, the subscription of a queue, and the progress in a file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bounded_context.domain.events import label_of
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.outputs import parsed, read_outputs, refuse_others

from ..redrive.stream import RETENTION

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class ReseedTarget:
    """The table and the topic of a stack, and the queue of a subscriber by its URL and its ARN."""

    stack: str
    subscriber: str
    table: str
    topic_arn: str
    queue_url: str
    queue_arn: str

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.topic_arn.split(":")[3]

    @classmethod
    def of(cls, stack: str, subscriber: str, outputs: Mapping[str, Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal."""
        refuse_others(outputs["release"]["application"], stack)
        queues = outputs["queues"]
        if subscriber not in queues:
            raise Refusal(f"{stack} has no subscriber {subscriber!r}: name one of {', '.join(queues) or 'none'}.")
        arn = outputs["queue_arns"][subscriber]
        return cls(stack, subscriber, outputs["table_name"], outputs["topic_arn"], queues[subscriber], arn)


def read(stack: str, subscriber: str, program: Path, file: Path | None) -> ReseedTarget:
    """Return the target, from the outputs in `file` or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return parsed(lambda outputs: ReseedTarget.of(stack, subscriber, outputs), read_outputs(stack, program, file))


@dataclass(frozen=True)
class Subscription:
    """The types that a subscription selects; None selects all. `withheld` are types that it never selects."""

    types: frozenset[str] | None = None
    withheld: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topics: "SNSClient", topic_arn: str, queue_arn: str) -> Self:
        """Read a queue's subscription. Raises Refusal without one, since later changes would not arrive."""
        pages = topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        entries = (entry for page in pages for entry in page["Subscriptions"] if entry.get("Endpoint") == queue_arn)
        # The ARN of an unconfirmed subscription is another text.
        arns = [arn for entry in entries if (arn := entry.get("SubscriptionArn", "")).startswith("arn:")]
        if not arns:
            raise Refusal(f"{queue_arn.rpartition(':')[2]} has no subscription to the topic: deploy the stack.")
        attributes = topics.get_subscription_attributes(SubscriptionArn=arns[0])["Attributes"]
        return cls.parse(json.loads(attributes.get("FilterPolicy") or "{}"))

    @classmethod
    def parse(cls, policy: Mapping[str, Any]) -> Self:
        """Parse a filter policy of the stack's program. Raises Refusal for other forms."""
        match policy:
            case {"type": [{"anything-but": [*names]}], **more} if not more:
                return cls(withheld=frozenset(names))
            case {"type": [*names], **more} if not more and all(isinstance(name, str) for name in names):
                return cls(frozenset(names))
            case {**more} if not more:
                return cls()
            case _:
                raise Refusal(f"The subscription has the filter {json.dumps(policy)}, which this command cannot apply.")

    def selects(self, event: Mapping[str, Any]) -> bool:
        """Return whether the subscriber gets this event."""
        name = label_of(event)
        return name not in self.withheld and (self.types is None or name in self.types)


@dataclass
class Progress:
    """The place of the last sent event, the number of sent events, and the places that could not be read.

    `queue` and `since` identify the reseed.
    """

    queue: str
    since: str
    after: str = ""
    sent: int = 0
    unreadable: list[str] = field(default_factory=list)
    saved: str = ""

    @classmethod
    def read(cls, file: Path, queue: str, since: str, now: datetime) -> Self:
        """Return the progress of an interrupted reseed with these options; empty if none was saved in 24 hours."""
        try:
            progress = cls(**json.loads(file.read_text(encoding="utf-8")))
            current = now - datetime.fromisoformat(progress.saved) < RETENTION
        except (OSError, TypeError, ValueError):
            return cls(queue, since)
        return progress if current and (progress.queue, progress.since) == (queue, since) else cls(queue, since)

    def save(self, file: Path, now: datetime) -> None:
        """Replace the file in a single step, so a killed process leaves a complete file."""
        self.saved = now.isoformat()
        file.parent.mkdir(parents=True, exist_ok=True)
        new_file = file.with_suffix(".new")
        new_file.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new_file.replace(file)
