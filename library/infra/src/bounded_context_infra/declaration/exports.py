"""The contradictions of a context's exports."""

import re
from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.exports import OWN, Export

from .names import SNAKE, repeated

_LONGEST: Final = 32
_PARTNER: Final = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
_FIELD: Final = r"[0-9A-Za-z*?,/#-]+"
_CRON: Final = re.compile(rf"cron\(({_FIELD}) ({_FIELD}) ({_FIELD}) ({_FIELD}) ({_FIELD}) ({_FIELD})\)")
_RATE: Final = re.compile(r"rate\((1 (hour|day)|[1-9][0-9]{0,3} (hours|days))\)")


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the exports."""
    if context.exports and not context.has_lists:
        yield (
            "exports is declared, and the context has no lists, since verification is None: partners fetch the files "
            "from the server of lists, so declare a verification, or remove the exports."
        )
    for name in repeated(export.name for export in context.exports):
        yield f"exports has {name!r} twice: name each once."
    for export in context.exports:
        yield from _of(context, export)


def _of(context: Structure[Any], export: Export) -> Iterator[str]:
    place = f"exports: {export.name}"
    if not SNAKE.fullmatch(export.name) or len(export.name) > _LONGEST:
        yield f"exports: the name is {export.name!r}: write at most {_LONGEST} characters in snake_case."
    yield from _columns_and_partners(context, export, place)
    if not _is_schedule(export.when):
        example = '"cron(0 18 * * ? *)" or "rate(1 day)", at most once an hour'
        yield f"{place}: when is {export.when!r}: write a schedule of EventBridge Scheduler in UTC, such as {example}."
    if export.changed and "changed_at" in context.stored_fields:
        remedy = "rename the field, or remove changed"
        yield f"{place}: changed needs the time of the last change, and changed_at is an own field: {remedy}."


def _columns_and_partners(context: Structure[Any], export: Export, place: str) -> Iterator[str]:
    known = (*context.stored_fields, *(name for name in OWN if name not in context.stored_fields))
    for field, values in (("fields", export.fields), ("partners", export.partners)):
        if not isinstance(values, tuple) or not values:
            yield f"{place}: {field} is {values!r}: write a tuple of at least one name."
            return
        for name in repeated(values):
            yield f"{place}: {field} has {name!r} twice: name each once."
    for name in export.fields:
        if name not in known:
            yield f"{place}: {name!r} is not a field of {context.title}: write any of {', '.join(known)}."
    for partner in export.partners:
        if not _PARTNER.fullmatch(partner):
            yield f"{place}: the partner is {partner!r}: write 3 to 32 lower-case letters, digits and hyphens."


def _is_schedule(when: Any) -> bool:
    """Return whether a text is a schedule, of which EventBridge Scheduler checks the values when it is deployed."""
    if not isinstance(when, str):
        return False
    cron = _CRON.fullmatch(when)
    # A schedule names the day of the month or the day of the week, and has ? for the other. Periods are minutes apart.
    return bool(_RATE.fullmatch(when) or (cron and cron[1].isdecimal() and [cron[3], cron[5]].count("?") == 1))
