"""The composition root: which adapters the context runs on. Each is built on first use and kept."""

from typing import TYPE_CHECKING

from bounded_context import Aggregates, Projection, Shards, aws

from .context import PAYMENT
from .model import Payment

if TYPE_CHECKING:
    # Only the steps of a list need it: a command starts sooner without.
    from bounded_context.lists import ListImport


def payments() -> Aggregates[Payment]:
    """Return the payments."""
    return aws.aggregates(PAYMENT)


def shards() -> Shards[Payment]:
    """Return the payments by list and by status."""
    return aws.shards(PAYMENT)


def list_import() -> "ListImport":
    """Return the steps of the list workflow."""
    return aws.list_import(PAYMENT)


def projection() -> Projection:
    """Return what is kept about other contexts' things."""
    return aws.projection()
