"""The topic and a queue for each subscriber."""

import json
from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import iam, sns, sqs, ssm

from ..alerts import Alerts
from ..labels import Labels
from ..policy import Statement, allow, document, grant, only_over_tls
from ._component import Component
from ._queue import only_from, queue, queue_policy, redrive_to, sent_by
from ._watch_queue import watch_age, watch_dead_letters

VISIBILITY_TIMEOUT = 180
"""Seconds: six times a consumer's 30, so that no message is handed out again while Lambda still retries its batch."""

MAX_RECEIVES = 5
"""How often a message is tried before it moves to the dead-letter queue."""


class Fanout(Component):
    """Every event goes to every subscriber's queue; what cannot be delivered or consumed, to that queue's dead letters.

    A subscriber that `filters` names gets the types of events that stand there alone.

    `queues` and `dead_letter_queues` map a subscriber to a queue's URL, `queue_arns` to its ARN.
    `accounts` may subscribe queues of theirs, and other stacks find the topic by its ARN in a parameter.
    """

    urn_type = "bounded-context:infra:Fanout"

    def __init__(
        self,
        name: str,
        labels: Labels,
        key_arn: pulumi.Input[str],
        alerts: Alerts,
        *,
        subscribers: Sequence[str],
        accounts: Sequence[str],
        events: Sequence[str],
        filters: Mapping[str, Sequence[str]],
    ) -> None:
        super().__init__(name, labels)
        self._key_arn = key_arn
        self._alerts = alerts
        self._events = events
        self._filters = filters
        self.topic = sns.Topic(
            name, name=labels.name("events"), kms_master_key_id=key_arn, tags=labels.tags, opts=self.child()
        )
        sns.TopicPolicy(
            f"{name}-policy",
            arn=self.topic.arn,
            policy=document(only_over_tls("sns:Publish", self.topic.arn), *map(self._may_subscribe, accounts)),
            opts=self.child(),
        )
        ssm.Parameter(
            f"{name}-topic-arn",
            name=labels.parameter("topic-arn"),
            description="The topic that this context tells others of its events.",
            type="String",
            # Not `value`, which Pulumi would hide: an ARN is no secret.
            insecure_value=self.topic.arn,
            tags=labels.tags,
            opts=self.child(),
        )
        self.dead_letter_queues: dict[str, pulumi.Output[str]] = {}
        self.queue_arns: dict[str, pulumi.Output[str]] = {}
        self.queues = {subscriber: self._subscribe(subscriber) for subscriber in subscribers}
        self.register_outputs({"topic_arn": self.topic.arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish events."""
        return grant(self, role, allow(["sns:Publish"], self.topic.arn))

    def _subscribe(self, subscriber: str) -> pulumi.Output[str]:
        name = f"events-{subscriber}"
        dead_letters = queue(self, f"{name}-dead-letters", self._key_arn)
        inbox = queue(
            self,
            name,
            self._key_arn,
            visibility_timeout_seconds=VISIBILITY_TIMEOUT,
            redrive_policy=redrive_to(dead_letters, maxReceiveCount=MAX_RECEIVES),
        )
        only_from(self, name, inbox, dead_letters)
        self._deliver(name, inbox, dead_letters, self._filters.get(subscriber, self._events))
        self._watch(subscriber, name, inbox, dead_letters)
        self.dead_letter_queues[subscriber] = dead_letters.url
        self.queue_arns[subscriber] = inbox.arn
        return inbox.url

    def _watch(self, subscriber: str, name: str, inbox: sqs.Queue, dead_letters: sqs.Queue) -> None:
        lost = f"Events did not reach {subscriber}, or it could not take them: what it knows is no longer true."
        watch_dead_letters(self, self._alerts, f"{name}-dead-letters", dead_letters, "warning", lost)
        behind = "this subscriber does not know what happened since."
        watch_age(self, self._alerts, name, inbox, behind, "a-subscriber-does-not-keep-up")

    def _deliver(self, name: str, inbox: sqs.Queue, dead_letters: sqs.Queue, types: Sequence[str]) -> None:
        targets = {name: inbox, f"{name}-dead-letters": dead_letters}
        policies = [
            queue_policy(self, title, target, sent_by("sns", self.topic.arn, target))
            for title, target in targets.items()
        ]
        sns.TopicSubscription(
            name,
            topic=self.topic.arn,
            protocol="sqs",
            endpoint=inbox.arn,
            raw_message_delivery=True,
            filter_policy=json.dumps({"type": list(types)}),
            filter_policy_scope="MessageAttributes",
            redrive_policy=redrive_to(dead_letters),
            opts=self.child(depends_on=policies),
        )

    def _may_subscribe(self, account_id: str) -> Statement:
        """An account that may subscribe queues of its own, and nothing else."""
        return allow(
            ["sns:Subscribe"],
            self.topic.arn,
            Principal={"AWS": f"arn:aws:iam::{account_id}:root"},
            Condition={
                "StringEquals": {"sns:Protocol": "sqs"},
                "StringLike": {"sns:Endpoint": f"arn:aws:sqs:*:{account_id}:*"},
            },
        )
