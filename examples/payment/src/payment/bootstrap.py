"""The composition root: which adapters the context runs on. Each is built on first use and kept."""

from bounded_context import Aggregates, Projection, Shards, aws
from bounded_context.lists import ListImport

from .context import PAYMENT
from .model import Payment


def payments() -> Aggregates[Payment]:
    """Return the payments."""
    return aws.aggregates(PAYMENT)


def shards() -> Shards[Payment]:
    """Return the payments by list and by status."""
    return aws.shards(PAYMENT)


def list_import() -> ListImport:
    """Return the steps of the list workflow."""
    return aws.list_import(PAYMENT)


def projection() -> Projection:
    """Return what is kept of other contexts' things."""
    return aws.projection()
