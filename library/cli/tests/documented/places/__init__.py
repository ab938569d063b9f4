"""The places that apply the documented rules, by name.

A place returns the codes of the faults that it detects in a violation. A new place is a module with a `Place` and a
line of `PLACES`.
"""

from collections.abc import Mapping
from typing import Final

from . import account, capacity, graph, interpreters, requests, services
from .place import Place

__all__ = ["PLACES", "Place"]

PLACES: Final[Mapping[str, Place]] = {
    "requests": requests.PLACE,
    "graph": graph.PLACE,
    "services": services.PLACE,
    "simulated workflow": interpreters.SIMULATED,
    "second interpreter": interpreters.SECOND,
    "capacity": capacity.PLACE,
    "account": account.PLACE,
}
