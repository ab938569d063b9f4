"""The contradictions of deprecated events and routes."""

from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.deprecation import Deprecation
from bounded_context.declaration.structure import Structure
from bounded_context.domain.events import FIRST_VERSION, versioned
from bounded_context.domain.spelling import instead

_DAY: Final = "write the day from which it may be removed, such as '2027-03-31'"
_DAYS: Final = "write the first day of its deprecation, too, such as '2026-12-01/2027-03-31'"


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the deprecations."""
    earlier = context.previous_version.versions if context.previous_version else {}
    current = {event: context.versions.get(event, FIRST_VERSION) for event in context.events}
    events = [versioned(event, version) for versions in (earlier, current) for event, version in versions.items()]
    for name, text in context.deprecated.items():
        if name not in events and name not in context.routes:
            fault = (
                f"deprecated has {name!r}, which is no major version of an event, and no command or query with a route"
            )
            yield f"{fault}: {instead(str(name), (*events, *context.routes))}; an own route has its days in @route."
        elif remedy := remedy_of(text, is_route=name in context.routes):
            yield f"deprecated: {name} has {text!r}: {remedy}."


def remedy_of(text: Any, *, is_route: bool) -> str:
    """Return the remedy of the days of an event or a route, or an empty text."""
    try:
        days = Deprecation.read(text)
    except (AttributeError, TypeError, ValueError):
        return _DAY
    if days.since and days.since >= days.end:
        return "write the earlier day first"
    return _DAYS if is_route and not days.since else ""
