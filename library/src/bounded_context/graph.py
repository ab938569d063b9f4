"""What a Pulumi program registers, as data: whoever reads it needs neither Pulumi nor the program."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """One registered resource: its inputs as the provider gets them, and its options."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    protect: bool
    retain_on_delete: bool
    ignore_changes: frozenset[str]
    dependencies: frozenset[str]

    @property
    def kind(self) -> str:
        """The type without its package, for instance `sqs/queue`."""
        return self.type.split(":")[1]

    @property
    def arn(self) -> str:
        """What AWS would call it."""
        return self.outputs["arn"]

    @property
    def called(self) -> str:
        """Its name in AWS: what the program says, or else what is made up."""
        return self.inputs.get("name") or self.outputs.get("name", "")

    def document(self, key: str = "policy") -> dict[str, Any]:
        """An input that holds JSON text, read."""
        return json.loads(self.inputs[key])

    def statements(self, key: str = "policy") -> list[dict[str, Any]]:
        """The statements of a policy that an input holds; one alone may stand there without a list."""
        found = self.document(key)["Statement"]
        return found if isinstance(found, list) else [found]


@dataclass
class Graph:
    """Everything that one run of the program registered, exported and logged."""

    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    """The program's own settings that it did not read, each with the one most like it that it asked for, or nothing."""

    def of(self, kind: str) -> list[Node]:
        """The resources of a kind such as `sqs/queue`."""
        return [node for node in self.nodes if node.kind == kind]

    def one(self, kind: str, name: str | None = None) -> Node:
        """The one resource of a kind, or the one of them with this logical name. Raises AssertionError."""
        found = [node for node in self.of(kind) if name in (None, node.name)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} resources are {kind} {name or ''}")
        return found[0]

    def rules(self) -> list[Node]:
        """The rules that events set off; a schedule's has no pattern."""
        return [node for node in self.of("cloudwatch/eventRule") if "eventPattern" in node.inputs]

    def stream_readers(self) -> list[Node]:
        """What hands the table's stream to functions; a queue has no position to start from."""
        return [node for node in self.of("lambda/eventSourceMapping") if "startingPosition" in node.inputs]

    def statements(self, kind: str, key: str = "policy") -> Iterator[tuple[Node, dict[str, Any]]]:
        """Each statement of the policies that resources of a kind hold, with the resource."""
        for node in self.of(kind):
            for statement in node.statements(key):
                yield node, statement
