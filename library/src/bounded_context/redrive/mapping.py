"""What a function takes of its stream: asked of the mapping that reads the stream for it, so the two cannot differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ..rollout.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class Mapped:
    """The filter patterns, of which one must match, and the most records of a batch."""

    patterns: Sequence[Mapping[str, Any]]
    batch_size: int

    @classmethod
    def of(cls, functions: "LambdaClient", alias_arn: str) -> Self:
        """Ask for the mapping of a function's alias. Raises Refused if there is not one that can be understood."""
        found = functions.list_event_source_mappings(FunctionName=alias_arn)["EventSourceMappings"]
        if len(found) != 1:
            raise Refused(f"{alias_arn} has {len(found)} event source mappings, not one: deploy the stack again.")
        filters = found[0].get("FilterCriteria", {}).get("Filters", [])
        patterns = [json.loads(one.get("Pattern", "{}")) for one in filters]
        for pattern in patterns:
            _refuse_unknown(pattern)
        return cls(patterns, found[0].get("BatchSize", 100))

    def takes(self, record: Any) -> bool:
        """Whether Lambda would give the function this record."""
        return not self.patterns or any(_matches(pattern, record) for pattern in self.patterns)


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(one, value.get(name)) for name, one in pattern.items())
    return isinstance(value, str) and any(_is(alternative, value) for alternative in pattern)


def _is(alternative: Any, value: str) -> bool:
    return value == alternative if isinstance(alternative, str) else value.startswith(alternative["prefix"])


def _refuse_unknown(pattern: Any) -> None:
    """Lambda's patterns can say more than is read here, and a record too many or too few is worse than none."""
    match pattern:
        case dict():
            for one in pattern.values():
                _refuse_unknown(one)
        case list() if all(map(_is_known, pattern)):
            return
        case _:
            raise Refused(f"The function's mapping filters by {pattern!r}, which this command does not know.")


def _is_known(alternative: Any) -> bool:
    return isinstance(alternative, str) or (isinstance(alternative, dict) and list(alternative) == ["prefix"])
