"""The composition root: which adapters the context runs on. Each is built on first use and kept."""

from typing import TYPE_CHECKING

from bounded_context import Aggregates, Projection, Shards, aws

from .context import <<cookiecutter.__constant>>
from .model import <<cookiecutter.context_name>>

if TYPE_CHECKING:
    # Only the steps of a list need it: a command starts sooner without.
    from bounded_context.lists import ListImport


def <<cookiecutter.__plural_snake>>() -> Aggregates[<<cookiecutter.context_name>>]:
    """Return the <<cookiecutter.__plural_words>>."""
    return aws.aggregates(<<cookiecutter.__constant>>)


def shards() -> Shards[<<cookiecutter.context_name>>]:
    """Return the <<cookiecutter.__plural_words>> by list and by status."""
    return aws.shards(<<cookiecutter.__constant>>)


def list_import() -> "ListImport":
    """Return the steps of the list workflow."""
    return aws.list_import(<<cookiecutter.__constant>>)


def projection() -> Projection:
    """Return what is kept about other contexts' things."""
    return aws.projection()
