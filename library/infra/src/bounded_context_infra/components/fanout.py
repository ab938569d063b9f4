"""The topic of the context's events, and a queue or an archive for each subscriber."""

import json

import pulumi
from pulumi_aws import iam, sns, sqs, ssm

from bounded_context_infra._parts import (
    Archived,
    Component,
    Stack,
    Statement,
    allow,
    document,
    grant,
    only_from,
    only_over_tls,
    queue,
    queue_policy,
    redrive_to,
    sent_by,
    watch_age,
    watch_dead_letters,
)

VISIBILITY_TIMEOUT = 180
"""Seconds: six times a consumer's 30, so a message stays hidden while Lambda retries its batch."""

MAX_RECEIVES = 5
"""Receives of a message before it moves to the dead-letter queue."""


class Fanout(Component):
    """The topic of the context's events, and for each subscriber a queue or an archive, with a dead-letter queue.

    Each subscriber gets every event. An event that cannot be delivered or consumed goes to the dead-letter queue. The
    setting `filters` limits a subscriber to the listed event types. While the context publishes two major versions,
    subscribers that are not ready get no event of the new version.

    `queues` and `dead_letter_queues` map a subscriber to a queue's URL, `queue_arns` to its ARN, `archives` to the
    names of its archive. The accounts of the setting `subscriber_accounts` may subscribe their queues. A parameter
    contains the topic's ARN for other stacks.
    """

    urn_type = "bounded-context:infra:Fanout"

    def __init__(self, name: str, stack: Stack, *, opts: pulumi.ResourceOptions | None = None) -> None:
        labels, settings, key_arn = stack.labels, stack.settings, stack.key.arn
        super().__init__(name, labels, opts)
        self._stack = stack
        self.topic = sns.Topic(name, kms_master_key_id=key_arn, **self.named("events"))
        sns.TopicPolicy(
            f"{name}-policy",
            arn=self.topic.arn,
            policy=document(
                only_over_tls("sns:Publish", self.topic.arn), *map(self._may_subscribe, settings.subscriber_accounts)
            ),
            opts=self.child(),
        )
        ssm.Parameter(
            f"{name}-topic-arn",
            name=labels.parameter("topic-arn"),
            description="The topic of this context's events, for other contexts.",
            type="String",
            # Pulumi would hide `value`, and an ARN is not a secret.
            insecure_value=self.topic.arn,
            tags=labels.tags,
            opts=self.child(),
        )
        self.dead_letter_queues = dict[str, pulumi.Output[str]]()
        self.queue_arns = dict[str, pulumi.Output[str]]()
        archives = [subscriber for subscriber in settings.subscribers if subscriber in stack.context.archives]
        self.archives = {subscriber: self._archive(subscriber).described for subscriber in archives}
        queued = [subscriber for subscriber in settings.subscribers if subscriber not in archives]
        subscribed = {subscriber: self._subscribe(subscriber) for subscriber in queued}
        self.queues = {subscriber: inbox.url for subscriber, inbox in subscribed.items()}
        behind = "this subscriber's data is out of date."
        watch_age(self, self._stack.alerts, "events", subscribed, behind, "a-subscriber-does-not-keep-up")
        self.register_outputs({"topic_arn": self.topic.arn})

    def grant_publish(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` publish events."""
        return grant(self, role, allow(["sns:Publish"], self.topic.arn))

    def _subscribe(self, subscriber: str) -> sqs.Queue:
        name = f"events-{subscriber}"
        key_arn = self._stack.key.arn
        dead_letters = queue(self, f"{name}-dead-letters", key_arn)
        inbox = queue(
            self,
            name,
            key_arn,
            visibility_timeout_seconds=VISIBILITY_TIMEOUT,
            redrive_policy=redrive_to(dead_letters, maxReceiveCount=MAX_RECEIVES),
        )
        only_from(self, name, inbox, dead_letters)
        self._deliver(name, inbox, dead_letters, self._filter(subscriber))
        watch_dead_letters(self._stack.alerts, f"{name}-dead-letters", dead_letters, "warning")
        self.dead_letter_queues[subscriber] = dead_letters.url
        self.queue_arns[subscriber] = inbox.arn
        return inbox

    def _archive(self, subscriber: str) -> Archived:
        name = f"archive-{subscriber}-dead-letters"
        dead_letters = queue(self, name, self._stack.key.arn)
        queue_policy(self, name, dead_letters, sent_by("sns", self.topic.arn, dead_letters))
        archive = Archived(self, self._stack, subscriber, self.topic, dead_letters)
        archive.subscribe(self._filter(subscriber))
        watch_dead_letters(self._stack.alerts, name, dead_letters, "warning")
        self.dead_letter_queues[subscriber] = dead_letters.url
        return archive

    def _filter(self, subscriber: str) -> str | None:
        """Return the filter policy of a subscription; None for a subscriber that gets all events.

        SNS takes up to 15 minutes to apply a changed filter (SNS Developer Guide, "Subscription filter policies"). A
        filter with all types would change with each new command, whose first events would be lost.
        """
        context, types = self._stack.context, self._stack.settings.filters.get(subscriber)
        if types is not None:
            return json.dumps({"type": context.labels_for(subscriber, types)})
        withheld = context.withheld_from(subscriber)
        return json.dumps({"type": [{"anything-but": withheld}]}) if withheld else None

    def _deliver(self, name: str, inbox: sqs.Queue, dead_letters: sqs.Queue, filter_policy: str | None) -> None:
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
            filter_policy=filter_policy,
            filter_policy_scope="MessageAttributes" if filter_policy else None,
            redrive_policy=redrive_to(dead_letters),
            opts=self.child(depends_on=policies),
        )

    def _may_subscribe(self, account_id: str) -> Statement:
        """Return the statement that lets an account subscribe its own queues, and no other endpoint."""
        account = self._stack.account
        return allow(
            ["sns:Subscribe"],
            self.topic.arn,
            Principal={"AWS": account.root(account_id)},
            Condition={
                "StringEquals": {"sns:Protocol": "sqs"},
                "StringLike": {"sns:Endpoint": account.arn_of(f"sqs:*:{account_id}:*")},
            },
        )
