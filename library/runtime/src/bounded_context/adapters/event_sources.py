"""Event source mappings of a stack's functions, through boto3."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..domain.spelling import kebab

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS: Final = "live"
"""The alias that mappings call."""

_STOPPED: Final = ("Disabling", "Disabled", "Deleting")
"""The states in which a mapping reads no records (Lambda API reference, EventSourceMappingConfiguration)."""

_PROBLEM: Final = "PROBLEM"
"""The prefix of a failed attempt's result: Lambda writes `PROBLEM: Function call failed` and the like."""


@dataclass(frozen=True)
class Failing:
    """A function whose mapping fails, by its name in code. ``why`` is Lambda's state or result."""

    function: str
    why: str


class EventSources:
    """The mappings that read streams and queues for the aliases of functions."""

    def __init__(self, client: "LambdaClient", function_prefix: str) -> None:
        self._client = client
        self._prefix = function_prefix

    def failing(self, functions: Sequence[str]) -> list[Failing]:
        """Return the mappings of ``functions`` that are stopped, or failed at their last attempt, or are missing."""
        return [found for function in functions for found in self._failing(function)]

    def _failing(self, function: str) -> Iterator[Failing]:
        alias = f"{self._prefix}{kebab(function)}:{ALIAS}"
        pages = self._client.get_paginator("list_event_source_mappings").paginate(FunctionName=alias)
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        if not mappings:
            yield Failing(function, "Missing")
        yield from (Failing(function, why) for mapping in mappings if (why := _why(mapping)))


def _why(mapping: Mapping[str, Any]) -> str:
    """Return the reason why a mapping fails, or an empty text."""
    state, result = mapping["State"], mapping.get("LastProcessingResult") or ""
    if state in _STOPPED:
        return state
    return result if result.startswith(_PROBLEM) else ""
