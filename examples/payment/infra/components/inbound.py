"""What other contexts tell this one: a queue that subscribes to their topics, and the function that takes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam, lambda_, sns

from ..alerts import Alerts
from ..labels import Labels
from ..policy import Statement, allow, grant
from ._component import Component
from ._queue import only_from, queue, queue_policy, redrive_to
from ._watch_queue import watch_age, watch_dead_letters

TIMEOUT = 30
"""Seconds that the function may take for a batch."""

VISIBILITY_TIMEOUT = 6 * TIMEOUT
"""Seconds: what Lambda asks for, so that no message is handed out again while its batch is still retried."""

MAX_RECEIVES = 5
"""How often a message is tried before it moves to the dead letters."""

BATCH = 10
CONCURRENCY = 10
"""Batches at a time. Each is a few writes: some hundred events a second, and never the account's whole concurrency."""

_RECEIVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@dataclass(frozen=True)
class Source:
    """A topic of another context, and the types of its events that are wanted.

    `account_id` is named in the policies where it is known beforehand: where the topic is another account's.
    """

    context: str
    topic_arn: pulumi.Input[str]
    types: Sequence[str]
    account_id: str | None = None


class Inbound(Component):
    """A queue for the events of all `sources`, and its dead letters: what nobody could deliver, take or understand.

    They are there before the first source is, so that one that is added finds all in place.
    """

    urn_type = "bounded-context:infra:Inbound"

    def __init__(
        self, name: str, labels: Labels, key_arn: pulumi.Input[str], alerts: Alerts, sources: Sequence[Source]
    ) -> None:
        super().__init__(name, labels)
        self._dead_letters = queue(self, f"{name}-dead-letters", key_arn)
        self._queue = queue(
            self,
            name,
            key_arn,
            visibility_timeout_seconds=VISIBILITY_TIMEOUT,
            redrive_policy=redrive_to(self._dead_letters, maxReceiveCount=MAX_RECEIVES),
        )
        self.queue_url = self._queue.url
        self.dead_letter_url = self._dead_letters.url
        only_from(self, name, self._queue, self._dead_letters)
        self._subscribe(sources)
        self._watch(alerts)
        self.register_outputs({"queue_url": self.queue_url})

    def deliver_to(self, alias_arn: pulumi.Input[str], role: iam.Role) -> None:
        """Hand the queue's messages to a function's alias; its role may take them, and put some into the dead letters.

        A message that the function reports as failed comes again, alone.
        """
        permission = grant(
            self,
            role,
            allow(_RECEIVE, self._queue.arn),
            allow(["sqs:SendMessage"], self._dead_letters.arn),
        )
        lambda_.EventSourceMapping(
            f"{self.name}-queue",
            event_source_arn=self._queue.arn,
            function_name=alias_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": CONCURRENCY},
            tags=self.labels.tags,
            opts=self.child(depends_on=[permission]),
        )

    def _subscribe(self, sources: Sequence[Source]) -> None:
        targets = {self.name: self._queue, f"{self.name}-dead-letters": self._dead_letters}
        policies = [
            queue_policy(self, name, target, *(_sent_from(source, target.arn) for source in sources))
            for name, target in targets.items()
        ]
        for source in sources:
            sns.TopicSubscription(
                f"{self.name}-{source.context}",
                topic=source.topic_arn,
                protocol="sqs",
                endpoint=self._queue.arn,
                raw_message_delivery=True,
                filter_policy=json.dumps({"type": list(source.types)}),
                filter_policy_scope="MessageAttributes",
                redrive_policy=redrive_to(self._dead_letters),
                opts=self.child(depends_on=policies),
            )

    def _watch(self, alerts: Alerts) -> None:
        lost = "Events of other contexts could not be taken: what is known of them here is no longer true."
        watch_dead_letters(self, alerts, f"{self.name}-dead-letters", self._dead_letters, "warning", lost)
        behind = "what is known of them here was true before."
        watch_age(self, alerts, self.name, self._queue, behind, "events-of-other-contexts-wait")


def _sent_from(source: Source, queue_arn: pulumi.Input[str]) -> Statement:
    """Lets SNS send for this topic. Where the topic is another account's, the account is named as well."""
    account = {} if source.account_id is None else {"StringEquals": {"aws:SourceAccount": source.account_id}}
    return allow(
        ["sqs:SendMessage"],
        queue_arn,
        Principal={"Service": "sns.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": source.topic_arn}, **account},
    )
