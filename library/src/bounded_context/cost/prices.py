"""The table of prices, read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FILE: Final = files("bounded_context") / "data" / "prices.toml"


@dataclass(frozen=True)
class Price:
    """What AWS asks for: `usd` for `per` of a `unit`; `page` says it, `seen` is what it was compared with."""

    usd: float
    per: int
    unit: str
    page: str
    seen: str

    @property
    def each(self) -> float:
        """USD for one."""
        return self.usd / self.per


@dataclass(frozen=True)
class Prices:
    """The prices of a region as of a day (ISO 8601), by their names."""

    region: str
    date: str
    by_name: Mapping[str, Price]


@cache
def prices() -> Prices:
    """Return those of `data/prices.toml`."""
    read: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Prices(
        read["region"], read["date"].isoformat(), {name: Price(**one) for name, one in read["prices"].items()}
    )
