"""The progress of a restore that has paused the stack, as an item of the live table."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from ....adapters.conditional import condition_failed
from ....adapters.dynamodb import ABSENT
from ....adapters.items import KEY
from ...command.aws_errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ITEM: Final = {KEY: {"S": "RESTORE-RUN#"}}
"""The key of the item. No aggregate has a dash in its prefix, and no reader of the stream gets such items."""


class Progress(BaseModel):
    """A paused stack.

    `mappings` are the event source mappings that the restore disables. `functions` maps each function that it stops to
    its reserved concurrency, or to None. `selection` is that of the comparison. `written` is whether all differences
    are written.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    mappings: tuple[str, ...]
    functions: dict[str, int | None]
    selection: str = ""
    written: bool = False

    def done(self) -> Self:
        """Return the progress after the last write."""
        return self.model_copy(update={"written": True})


@dataclass(frozen=True)
class ProgressItem:
    """The item that stores the progress. It exists while the stack is paused."""

    client: "DynamoDBClient"
    table: str

    def read(self) -> Progress | None:
        """Return the stored progress, or None."""
        item = self.client.get_item(TableName=self.table, Key=_ITEM, ConsistentRead=True).get("Item")
        return Progress.model_validate_json(item["progress"].get("S", "")) if item else None

    def begin(self, progress: Progress) -> None:
        """Store the progress of a restore that begins. Raises Refused if another restore has begun."""
        try:
            self.client.put_item(TableName=self.table, Item=self._item(progress), ConditionExpression=ABSENT)
        except ClientError as error:
            if condition_failed(error):
                raise Refused("Another restore has just begun: wait for its end.") from error
            raise

    def store(self, progress: Progress) -> None:
        """Replace the stored progress."""
        self.client.put_item(TableName=self.table, Item=self._item(progress))

    def delete(self) -> None:
        """Delete the item."""
        self.client.delete_item(TableName=self.table, Key=_ITEM)

    def _item(self, progress: Progress) -> Any:
        return {**_ITEM, "progress": {"S": progress.model_dump_json()}}
