"""The contradictions of a context's names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.archive import MOST_DAYS
from bounded_context.domain.spelling import snake

SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that are repeated, each once."""
    return [name for name, count in Counter(names).items() if count > 1]


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the names and of archives."""
    yield from _names(context)
    yield from _archives(context)


def _names(context: Structure[Any]) -> Iterator[str]:
    if snake(context.title) != context.name:
        yield f"name is {context.name!r}: for the aggregate {context.title} write {snake(context.title)!r}."
    for name in repeated(context.subscribers):
        yield f"subscribers has {name!r} twice: name each once."
    for field, value in (("plural", context.plural), ("verification", context.verification)):
        if value is not None and not SNAKE.fullmatch(value):
            yield f"{field} is {value!r}: write it in snake_case."


def _archives(context: Structure[Any]) -> Iterator[str]:
    for name, archive in context.archives.items():
        if type(archive.days) is not int or not 1 <= archive.days <= MOST_DAYS:
            remedy = f"write a whole number from 1 to {MOST_DAYS}"
            yield f"subscribers: days of {name} is {archive.days!r}: {remedy}."
