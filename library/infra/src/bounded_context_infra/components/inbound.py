"""The events of other contexts: a queue that subscribes to their topics, and the function that receives messages."""

import json
from collections.abc import Mapping

import pulumi
from pulumi_aws import sns, ssm

from bounded_context_infra._parts import (
    Alerts,
    Component,
    Consumed,
    Stack,
    Target,
    allow,
    feed_from,
    kebab,
    queue_and_dead_letters,
    queue_policy,
    redrive_to,
    sent_by,
    watch_age,
    watch_dead_letters,
)

TIMEOUT = 30
"""Seconds that the function may take for a batch."""


class Inbound(Component):
    """A queue for the events that the setting `consumes` names, and its dead-letter queue.

    The dead-letter queue gets messages that cannot be delivered, processed or parsed. Both queues exist before the
    first topic, so a topic can be added at any time.
    """

    urn_type = "bounded-context:infra:Inbound"

    def __init__(
        self, name: str, stack: Stack, *, timeout: int = TIMEOUT, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make both; `timeout` is the seconds that the receiving function may take for a batch."""
        super().__init__(name, stack.labels, opts)
        self._timeout = timeout
        self._reacts = bool(stack.context.reactions)
        self.queue, self.dead_letters = queue_and_dead_letters(self, name, stack.key.arn, timeout)
        self.queue_url = self.queue.url
        self.dead_letter_url = self.dead_letters.url
        self.dead_letter_queues = {name: self.dead_letter_url}
        self._subscribe(stack.settings.consumes)
        self._watch(stack.alerts)
        self.register_outputs({"queue_url": self.queue_url})

    def feed(self, target: Target) -> None:
        """Send the queue's messages to a function's alias. Its role may receive them, and send dead letters.

        In a context with reactions, the role may also send messages back to the queue.

        A message that the function reports as failed is retried alone. Raises ValueError if the function's timeout is
        longer than the queue's.
        """
        # A message whose reaction is not done returns to the queue.
        targets = [self.dead_letters.arn, *([self.queue.arn] if self._reacts else [])]
        feed_from(self, self.queue, target, self._timeout, allow(["sqs:SendMessage"], *targets))

    def _subscribe(self, sources: Mapping[str, Consumed]) -> None:
        targets = {self.name: self.queue, f"{self.name}-dead-letters": self.dead_letters}
        # One statement: a policy has at most 10 conditions (SQS developer guide, "Amazon SQS policy quotas").
        topics = {context: _topic_arn(source) for context, source in sources.items()}
        policies = [
            queue_policy(self, name, target, *([sent_by("sns", [*topics.values()], target)] if topics else []))
            for name, target in targets.items()
        ]
        for context, source in sources.items():
            sns.TopicSubscription(
                f"{self.name}-{kebab(context)}",
                topic=topics[context],
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
        behind = "the copy of their data is out of date."
        watch_age(self, alerts, self.name, {self.name: self.queue}, behind, "events-of-other-contexts-wait")


def _topic_arn(consumed: Consumed) -> pulumi.Input[str]:
    if consumed.account_id is not None:
        return consumed.topic
    # The owner writes the parameter. Pulumi would hide `value`, and an ARN is not a secret.
    return ssm.get_parameter_output(name=consumed.topic).apply(lambda parameter: parameter.insecure_value)
