"""The filter and the batch size of a stream's reader, read from its event source mapping."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ...command.aws_errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True)
class ReaderMapping:
    """The filter patterns, at least one of which must match, and the maximum batch size."""

    patterns: Sequence[Mapping[str, Any]]
    batch_size: int

    @classmethod
    def of(cls, functions: "LambdaClient", alias_arn: str) -> Self:
        """Read the mapping of a function's alias. Raises Refused unless there is exactly one with supported filters."""
        found = functions.list_event_source_mappings(FunctionName=alias_arn)["EventSourceMappings"]
        if len(found) != 1:
            raise Refused(f"{alias_arn} has {len(found)} event source mappings, not one: deploy the stack again.")
        filters = found[0].get("FilterCriteria", {}).get("Filters", [])
        patterns = [json.loads(entry.get("Pattern", "{}")) for entry in filters]
        for pattern in patterns:
            _refuse_unsupported(pattern)
        return cls(patterns, found[0].get("BatchSize", 100))

    def selects(self, record: Any) -> bool:
        """Return whether the record matches the filter."""
        return not self.patterns or any(_matches(pattern, record) for pattern in self.patterns)


def _matches(pattern: Any, value: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(_matches(inner, value.get(name)) for name, inner in pattern.items())
    return isinstance(value, str) and any(_equals(alternative, value) for alternative in pattern)


def _equals(alternative: Any, value: str) -> bool:
    return value == alternative if isinstance(alternative, str) else value.startswith(alternative["prefix"])


def _refuse_unsupported(pattern: Any) -> None:
    """Raise Refused for unsupported operators, which could select too many or too few records."""
    match pattern:
        case dict():
            for inner in pattern.values():
                _refuse_unsupported(inner)
        case list() if all(map(_is_supported, pattern)):
            return
        case _:
            raise Refused(f"The function's mapping has the filter {pattern!r}, which this command does not support.")


def _is_supported(alternative: Any) -> bool:
    return isinstance(alternative, str) or (isinstance(alternative, dict) and list(alternative) == ["prefix"])
