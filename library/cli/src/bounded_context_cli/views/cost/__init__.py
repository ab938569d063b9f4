"""`data/prices.toml`: the prices, the assumed quantities, and how AWS bills each type of resource.

The second tables of a stack, from restores and other epochs, cost money until a person deletes them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ...command.aws_errors import AWS_ERRORS, sentence
from ...command.pulumi import is_second

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_FILE: Final = files("bounded_context_cli") / "data" / "prices.toml"


class PriceTable(BaseModel, frozen=True):
    """A table of a data file, without unknown members."""

    model_config = ConfigDict(extra="forbid")


class Price(PriceTable, frozen=True):
    """An AWS price: `usd` for `per` of a `unit`. `page` is its source, `seen` the data that it was compared with."""

    usd: float
    per: int
    unit: str
    page: str
    seen: str

    @property
    def each(self) -> float:
        """The price of one unit, in USD."""
        return self.usd / self.per


class Assumptions(PriceTable, frozen=True):
    """Quantities that neither the graph nor a constant contains. The file has their meanings and sources."""

    hours_a_month: int
    validated_a_second: int
    planned_bytes_a_second: int
    merged_a_second: int
    range_bytes: int
    range_objects: int
    read_a_second: int
    lookup_units: float
    objects_at_once: int
    written_a_second: int
    exported_a_second: int
    shards: int
    polls_a_second: int
    publish_seconds: float
    call_seconds: float
    log_bytes_a_call: int
    log_bytes_a_publish: int
    log_bytes_an_event: int
    messages_a_receive: int
    poll_seconds: int
    pollers: int
    pollers_in_quiet: int
    traced: float
    list_writes: int
    list_objects: int
    list_reads: int
    text_length: int


class Prices(PriceTable, frozen=True):
    """The prices of a region by name, as of a date, and the reasons why types of resources are billed or free."""

    region: str
    date: date
    by_name: Mapping[str, Price] = Field(alias="prices")
    assumptions: Assumptions
    billed: Mapping[str, str]
    free: Mapping[str, str]


@cache
def prices() -> Prices:
    """Return the content of `data/prices.toml`."""
    return Prices.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def assumed() -> Assumptions:
    """Return the assumed quantities."""
    return prices().assumptions


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
