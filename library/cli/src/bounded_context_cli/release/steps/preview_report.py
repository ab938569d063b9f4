"""The changes of a preview in two forms for the pipeline: a build report, and a line for the approval."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from .junit import Case

OPERATIONS = ("create", "update", "replace", "delete")
"""The counted operations, without the halves of a replacement and without reads."""

HOLDS_DATA = frozenset(
    f"aws:{kind}"
    for kind in (
        "cloudwatch/logGroup:LogGroup",
        "dynamodb/table:Table",
        "kms/key:Key",
        "s3/bucket:Bucket",
        "sqs/queue:Queue",
    )
)
"""Types whose deletion or replacement deletes data."""

_LONGEST = 700
"""The maximum length of the line. CodePipeline's field has 1,000 characters and also contains other text."""


@dataclass(frozen=True)
class Change:
    """A planned change of a resource."""

    operation: str
    type: str
    name: str

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> Self:
        """Parse a step of `pulumi preview --json`."""
        # urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>
        *_, types, name = step["urn"].split("::")
        return cls(step["op"], types.rpartition("$")[2], name)

    @property
    def loses_data(self) -> bool:
        """Whether the change deletes a resource with data."""
        return self.operation in ("replace", "delete") and self.type in HOLDS_DATA

    def __str__(self) -> str:
        return f"{self.operation} {self.name} ({self.type})"


def changes(preview: Mapping[str, Any]) -> list[Change]:
    """Return the changes of a preview, given the output of `pulumi preview --json`."""
    return [Change.of(step) for step in preview.get("steps", []) if step["op"] in OPERATIONS]


def summary(found: Sequence[Change]) -> str:
    """Return the changes in one line, for instance `3 to create, 2 to update, 0 to replace, 0 to delete`."""
    counts = Counter(change.operation for change in found)
    line = ", ".join(f"{counts[operation]} to {operation}" for operation in OPERATIONS)
    lost = [str(change) for change in found if change.loses_data]
    text = f"{line}; DATA IS LOST: {', '.join(lost)}" if lost else line
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def cases(found: Sequence[Change]) -> list[Case]:
    """Return a test case for each change. A change that deletes data fails."""
    if not found:
        return [Case("preview", "nothing changes")]
    return [
        Case(change.type, f"{change.operation} {change.name}", "this deletes data" if change.loses_data else None)
        for change in found
    ]
