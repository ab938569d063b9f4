"""A queue of the context's own work, for a function."""

import pulumi
from pulumi_aws import iam

from bounded_context_infra._parts import (
    Component,
    Stack,
    Target,
    allow,
    feed_from,
    grant,
    queue_and_dead_letters,
    queue_policy,
    watch_age,
    watch_dead_letters,
)

TIMEOUT = 30
"""Seconds that the function may take for a batch of ten messages."""


class WorkQueue(Component):
    """A queue that feeds a function, with its dead-letter queue, alarms on both, and redrive by `context redrive`.

    Only roles with `grant_send` may send to it, and no other service or account. `queue_url` is its address. A FIFO
    queue delivers the messages of a `MessageGroupId` in their order, also after a failure.
    """

    urn_type = "bounded-context:infra:WorkQueue"

    def __init__(
        self,
        name: str,
        stack: Stack,
        *,
        timeout: int = TIMEOUT,
        fifo: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make both; `timeout` is the seconds that the receiving function may take for a batch."""
        super().__init__(name, stack.labels, opts)
        self._timeout = timeout
        self.queue, self.dead_letters = queue_and_dead_letters(self, name, stack.key.arn, timeout, fifo=fifo)
        for title, target in {name: self.queue, f"{name}-dead-letters": self.dead_letters}.items():
            queue_policy(self, title, target)
        self.queue_url = self.queue.url
        self.dead_letter_url = self.dead_letters.url
        self.dead_letter_queues = {name: self.dead_letter_url}
        watch_dead_letters(stack.alerts, f"{name}-dead-letters", self.dead_letters, "warning")
        behind = "the function has not processed it."
        watch_age(self, stack.alerts, name, {name: self.queue}, behind, "work-waits-in-a-queue")
        stack.work_queues[name] = self
        self.register_outputs({"queue_url": self.queue_url})

    def grant_send(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` send messages."""
        return grant(self, role, allow(["sqs:SendMessage"], self.queue.arn))

    def feed(self, target: Target) -> None:
        """Send the messages to a function's alias, in batches of ten; a failed message is retried alone.

        Raises ValueError if the function's timeout is longer than the queue's.
        """
        feed_from(self, self.queue, target, self._timeout)
