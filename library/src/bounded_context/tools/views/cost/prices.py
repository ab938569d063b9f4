"""The price table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FILE: Final = files("bounded_context") / "data" / "prices.toml"


@dataclass(frozen=True)
class Price:
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


@dataclass(frozen=True)
class Prices:
    """The prices of a region by name, as of a date (ISO 8601)."""

    region: str
    date: str
    by_name: Mapping[str, Price]


@cache
def prices() -> Prices:
    """Return the prices of `data/prices.toml`."""
    read: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Prices(
        read["region"], read["date"].isoformat(), {name: Price(**price) for name, price in read["prices"].items()}
    )
