"""`data/prices.toml`: the prices, the assumed quantities, and how AWS bills each type of resource."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

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
