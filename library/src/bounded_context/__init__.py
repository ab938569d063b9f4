"""A platform for bounded contexts on AWS: the runtime of their functions, their infrastructure, and their tools."""

from .application.ports import Aggregates, Projection, Shards
from .application.use_cases import expected
from .declaration.context import BadContext, Context
from .domain.aggregate import Aggregate, Change, Details
from .domain.commands import Command
from .domain.errors import AlreadyExists, BusinessError, IllegalMove, ListOpen, NotFound, VersionConflict
from .domain.events import EventData, PreviousVersion
from .domain.fields import Amount, Currency, Day, Flag, Identifier, Personal, Text, WholeNumber

__all__ = [
    "Aggregate",
    "Aggregates",
    "AlreadyExists",
    "Amount",
    "BadContext",
    "BusinessError",
    "Change",
    "Command",
    "Context",
    "Currency",
    "Day",
    "Details",
    "EventData",
    "Flag",
    "Identifier",
    "IllegalMove",
    "ListOpen",
    "NotFound",
    "Personal",
    "PreviousVersion",
    "Projection",
    "Shards",
    "Text",
    "VersionConflict",
    "WholeNumber",
    "expected",
]
