"""The state of a list, for a command on one of its rows."""

from typing import TYPE_CHECKING

from .items import KEY, LIST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class ListStates:
    """A reader of the status of lists' records."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def is_open(self, list_id: str) -> bool:
        """Return whether rows of the list may still be written or undone. A list without a record is not open."""
        # Most commands are not on a row of a list, and start sooner without this module.
        from ..domain.lists import ListStatus

        found = self._table.get_item(
            Key={KEY: LIST + list_id},
            ConsistentRead=True,
            ProjectionExpression="#status",
            ExpressionAttributeNames={"#status": "status"},
        )
        return "Item" in found and found["Item"]["status"] != ListStatus.IMPORTED
