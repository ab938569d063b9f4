"""Managed policies for documents of any size."""

import json
from collections.abc import Iterable, Iterator

from ..configuration.access import Document

LIMIT = 6144
"""Characters of a managed policy without white space (IAM user guide, "IAM and AWS STS quotas")."""


class TooLong(ValueError):
    """A statement about one resource that is longer than a managed policy."""


def packed(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents of at most LIMIT characters with all statements, in their order. Raises TooLong."""
    kept: list[Document] = []
    for statement in (short for one in documents for whole in one["Statement"] for short in _split(whole)):
        if kept and _size([*kept, statement]) > LIMIT:
            yield _document(kept)
            kept = []
        kept.append(statement)
    if kept:
        yield _document(kept)


def _split(statement: Document) -> Iterator[Document]:
    """Yield a statement in parts that are short enough. Each part has some of its resources."""
    resources = statement["Resource"]
    half = len(resources) // 2
    if _size([statement]) <= LIMIT:
        yield statement
    elif isinstance(resources, str) or half == 0:
        raise TooLong(f"the statement about {resources} has {_size([statement])} characters, IAM takes {LIMIT}.")
    else:
        for part in (resources[:half], resources[half:]):
            yield from _split({**statement, "Resource": part})


def _size(statements: list[Document]) -> int:
    return len(json.dumps(_document(statements), separators=(",", ":")))


def _document(statements: list[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": statements}
