"""What other contexts tell this one: a queue that subscribes to their topics, and the function that takes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import sns, ssm

from bounded_context.infra import (
    Alerts,
    Component,
    Consumed,
    Stack,
    Statement,
    Target,
    allow,
    feed_from,
    kebab,
    queue_and_dead_letters,
    queue_policy,
    redrive_to,
    watch_age,
    watch_dead_letters,
)

TIMEOUT = 30
"""Seconds that the function may take for a batch."""


@dataclass(frozen=True)
class _Source:
    """A topic of another context, and the types of its events that are wanted.

    `account_id` is named in the policies where it is known beforehand: where the topic is another account's.
    """

    context: str
    topic_arn: pulumi.Input[str]
    types: Sequence[str]
    account_id: str | None


class Inbound(Component):
    """A queue for the events that the setting `consumes` names, and its dead letters.

    These are what nobody could deliver, take or understand. Both are there before the first topic is, so that one that
    is added finds all in place.
    """

    urn_type = "bounded-context:infra:Inbound"

    def __init__(self, name: str, stack: Stack, *, timeout: int = TIMEOUT) -> None:
        """Make both; `timeout` is how many seconds the function that takes the messages may take for a batch."""
        super().__init__(name, stack.labels)
        self._timeout = timeout
        self.queue, self.dead_letters = queue_and_dead_letters(self, name, stack.key.arn, timeout)
        self.queue_url = self.queue.url
        self.dead_letter_url = self.dead_letters.url
        self.dead_letter_queues = {name: self.dead_letter_url}
        self._subscribe([_source(context, one) for context, one in stack.settings.consumes.items()])
        self._watch(stack.alerts)
        self.register_outputs({"queue_url": self.queue_url})

    def feed(self, target: Target) -> None:
        """Hand the queue's messages to a function's alias; its role may take them, and put some into the dead letters.

        A message that the function reports as failed comes again, alone. Raises ValueError if the function may take
        longer than the queue hides a message for it.
        """
        bury = allow(["sqs:SendMessage"], self.dead_letters.arn)
        feed_from(self, self.queue, target, self._timeout, bury)

    def _subscribe(self, sources: Sequence[_Source]) -> None:
        targets = {self.name: self.queue, f"{self.name}-dead-letters": self.dead_letters}
        policies = [
            queue_policy(self, name, target, *(_sent_from(source, target.arn) for source in sources))
            for name, target in targets.items()
        ]
        for source in sources:
            sns.TopicSubscription(
                f"{self.name}-{source.context}",
                topic=source.topic_arn,
                protocol="sqs",
                endpoint=self.queue.arn,
                raw_message_delivery=True,
                filter_policy=json.dumps({"type": list(source.types)}),
                filter_policy_scope="MessageAttributes",
                redrive_policy=redrive_to(self.dead_letters),
                opts=self.child(depends_on=policies),
            )

    def _watch(self, alerts: Alerts) -> None:
        watch_dead_letters(alerts, f"{self.name}-dead-letters", self.dead_letters, "warning")
        behind = "what is known of them here was true before."
        watch_age(self, alerts, self.name, {self.name: self.queue}, behind, "events-of-other-contexts-wait")


def _sent_from(source: _Source, queue_arn: pulumi.Input[str]) -> Statement:
    """Lets SNS send for this topic. Where the topic is another account's, the account is named as well."""
    account = {} if source.account_id is None else {"StringEquals": {"aws:SourceAccount": source.account_id}}
    return allow(
        ["sqs:SendMessage"],
        queue_arn,
        Principal={"Service": "sns.amazonaws.com"},
        Condition={"ArnEquals": {"aws:SourceArn": source.topic_arn}, **account},
    )


def _source(context: str, one: Consumed) -> _Source:
    return _Source(kebab(context), _topic_arn(one), one.types, one.account_id)


def _topic_arn(one: Consumed) -> pulumi.Input[str]:
    if one.account_id is not None:
        return one.topic
    # Its owner publishes it. Not `value`, which Pulumi would hide: an ARN is not a secret.
    return ssm.get_parameter_output(name=one.topic).apply(lambda found: found.insecure_value)
