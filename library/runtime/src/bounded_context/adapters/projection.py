"""The projection of other contexts' events in the table: an item per subject, through boto3."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from ..domain.projection import ForeignEvent, Standing
from .conditional import condition_failed
from .items import KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TOMBSTONE_SECONDS: Final = 90 * 24 * 3600
"""The time for which the record of a gone aggregate is stored.

It outlives every message that could bring the aggregate back. SQS deletes a message 14 days after it was sent, dead
letters included. A redrive sends it anew: 28 days. The rest is for events that wait before they are published.
"""

_NEWER: Final = "attribute_not_exists(#order) OR #order < :order"


def key_of(aggregate: str, subject: str) -> str:
    """Return the key of the item of another context's aggregate: ``order_line`` and ``7`` give ``ORDER_LINE#7``."""
    return f"{aggregate.upper()}#{subject}"


class ProjectionTable:
    """The items by ``key_of``. An item without an order is older than any event."""

    def __init__(self, table: "Table", clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def apply(self, event: ForeignEvent) -> bool:
        """Store an event if it is newer than the stored event of its subject; return whether it was."""
        try:
            self._table.put_item(
                Item=self._item(event),
                ConditionExpression=_NEWER,
                # ORDER is a reserved word of DynamoDB.
                ExpressionAttributeNames={"#order": "order"},
                ExpressionAttributeValues={":order": event.order},
            )
        except ClientError as error:
            if not condition_failed(error):
                raise
            return False
        return True

    def _item(self, event: ForeignEvent) -> dict[str, str | int]:
        item: dict[str, str | int] = {
            KEY: key_of(event.aggregate, event.subject),
            "status": event.standing.value,
            "order": event.order,
            "event_id": event.event_id,
            "event_type": event.event_type,
            "source": event.source,
        }
        is_deleted = event.standing is Standing.GONE
        return item | {"expires_at": int(self._clock()) + TOMBSTONE_SECONDS} if is_deleted else item
