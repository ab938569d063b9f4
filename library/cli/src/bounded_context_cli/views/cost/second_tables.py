"""The second tables of a stack, from restores and other epochs.

A second table contains the rows of a time. It costs money until a person deletes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bounded_context.domain.events import is_second

from ...command.aws_errors import AWS_ERRORS, sentence
from .prices import prices

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_GB: Final = 10**9
_PRICE: Final = "table_storage"


@dataclass(frozen=True)
class SecondTable:
    """A second table. DynamoDB updates `size`, in bytes, every six hours (API reference, "TableDescription")."""

    name: str
    created: datetime
    size: int

    def days(self, now: datetime) -> int:
        """Return the age of the table in days."""
        return (now - self.created).days

    @property
    def usd_a_month(self) -> float:
        """The cost of the table's storage in a month, by the list price of `context cost`."""
        return round(self.size / _GB * prices().by_name[_PRICE].each, 2)

    def as_json(self, now: datetime) -> dict[str, Any]:
        """Return the table as JSON."""
        return {"table": self.name, "days": self.days(now), "bytes": self.size, "usd_a_month": self.usd_a_month}


def second_tables(client: "DynamoDBClient", table: str) -> list[SecondTable]:
    """Return the second tables of a stack with this table. Raises ClientError, BotoCoreError."""
    described: Any = (client.describe_table(TableName=name)["Table"] for name in names(client, table))
    return [
        SecondTable(description["TableName"], description["CreationDateTime"], description.get("TableSizeBytes", 0))
        for description in described
        if description["TableStatus"] != "DELETING"
    ]


def listing(client: "DynamoDBClient", table: str, now: datetime) -> dict[str, Any]:
    """Return the second tables as JSON, for the report of a command that does not depend on them."""
    try:
        return {"second_tables": [second_table.as_json(now) for second_table in second_tables(client, table)]}
    except AWS_ERRORS as error:
        return {"second_tables": [], "second_tables_unknown": sentence(error, "restore")}


def names(client: "DynamoDBClient", table: str) -> Iterator[str]:
    """Yield the names of the second tables of a stack with this table. Raises ClientError, BotoCoreError."""
    for page in client.get_paginator("list_tables").paginate():
        yield from (name for name in page.get("TableNames", []) if is_second(name, table))
