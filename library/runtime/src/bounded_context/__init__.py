"""A platform for bounded contexts on AWS: the runtime of their functions, their infrastructure, and their tools."""

from typing import TYPE_CHECKING, Any

from .application.calls import expected
from .application.ports import Aggregates, Projection, Shards
from .declaration.context import BadContext, Context
from .declaration.structure import By
from .domain.aggregate import (
    Aggregate,
    AlreadyExists,
    BusinessError,
    Change,
    Command,
    Details,
    IllegalMove,
    ListOpen,
    NotFound,
    State,
    Unavailable,
    VersionConflict,
)
from .domain.children import Child, Children
from .domain.events import EventData, PreviousVersion
from .domain.fields import (
    Amount,
    Currency,
    Day,
    Decimal0,
    Decimal1,
    Decimal2,
    Decimal3,
    Decimal4,
    Email,
    Flag,
    Identifier,
    LongText,
    Personal,
    Phone,
    Renamed,
    Signed0,
    Signed1,
    Signed2,
    Signed3,
    Signed4,
    StoredAs,
    Text,
    Timestamp,
    Uuid,
    WholeNumber,
    now,
    today,
)
from .domain.lists import ListApproval, ListTotals

if TYPE_CHECKING:
    from .domain.archive import Archive
    from .domain.deadlines import Deadline
    from .domain.exports import Export
    from .domain.reactions import Copy, Reaction, ReceivedEvent

__all__ = [
    "Aggregate",
    "Aggregates",
    "AlreadyExists",
    "Amount",
    "Archive",
    "BadContext",
    "BusinessError",
    "By",
    "Change",
    "Child",
    "Children",
    "Command",
    "Context",
    "Copy",
    "Currency",
    "Day",
    "Deadline",
    "Decimal0",
    "Decimal1",
    "Decimal2",
    "Decimal3",
    "Decimal4",
    "Details",
    "Email",
    "EventData",
    "Export",
    "Flag",
    "Identifier",
    "IllegalMove",
    "ListApproval",
    "ListOpen",
    "ListTotals",
    "LongText",
    "NotFound",
    "Personal",
    "Phone",
    "PreviousVersion",
    "Projection",
    "Reaction",
    "ReceivedEvent",
    "Renamed",
    "Shards",
    "Signed0",
    "Signed1",
    "Signed2",
    "Signed3",
    "Signed4",
    "State",
    "StoredAs",
    "Text",
    "Timestamp",
    "Unavailable",
    "Uuid",
    "VersionConflict",
    "WholeNumber",
    "expected",
    "now",
    "today",
]


_LAZY = {
    "Archive": "archive",
    "Copy": "reactions",
    "Deadline": "deadlines",
    "Export": "exports",
    "Reaction": "reactions",
    "ReceivedEvent": "reactions",
}


def __getattr__(name: str) -> Any:
    # Lazy: contexts without archives, deadlines, exports and reactions start without their modules.
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".domain.{_LAZY[name]}", __name__), name)
