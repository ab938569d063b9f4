"""The subscription of a subscriber's queue to the topic: its filter, as SNS applies it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from bounded_context.domain.events import label_of

from ...command.aws_errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class Subscription:
    """The types that a subscription selects; None selects all. `withheld` are types that it never selects."""

    types: frozenset[str] | None = None
    withheld: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topics: "SNSClient", topic_arn: str, queue_arn: str) -> Self:
        """Read a queue's subscription. Raises Refused without one, since later changes would not arrive."""
        pages = topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        found = (entry for page in pages for entry in page["Subscriptions"] if entry.get("Endpoint") == queue_arn)
        # The ARN of an unconfirmed subscription is another text.
        arns = [arn for entry in found if (arn := entry.get("SubscriptionArn", "")).startswith("arn:")]
        if not arns:
            raise Refused(f"{queue_arn.rpartition(':')[2]} has no subscription to the topic: deploy the stack.")
        attributes = topics.get_subscription_attributes(SubscriptionArn=arns[0])["Attributes"]
        return cls.parse(json.loads(attributes.get("FilterPolicy") or "{}"))

    @classmethod
    def parse(cls, policy: Mapping[str, Any]) -> Self:
        """Parse a filter policy of the stack's program. Raises Refused for other forms."""
        match policy:
            case {"type": [{"anything-but": [*names]}], **more} if not more:
                return cls(withheld=frozenset(names))
            case {"type": [*names], **more} if not more and all(isinstance(name, str) for name in names):
                return cls(frozenset(names))
            case {**more} if not more:
                return cls()
            case _:
                raise Refused(f"The subscription has the filter {json.dumps(policy)}, which this command cannot apply.")

    def selects(self, event: Mapping[str, Any]) -> bool:
        """Return whether the subscriber gets this event."""
        name = label_of(event)
        return name not in self.withheld and (self.types is None or name in self.types)
