"""The composition root's part for what lists are verified against."""

from functools import cache
from typing import TYPE_CHECKING

from .bootstrap import bulk_client
from .settings import TableSettings, load

if TYPE_CHECKING:
    from .adapters.references import ReferenceTable


@cache
def references() -> "ReferenceTable":
    """Return the projection of another context's events."""
    from .adapters.references import ReferenceTable

    return ReferenceTable(bulk_client(), load(TableSettings).table_name)
