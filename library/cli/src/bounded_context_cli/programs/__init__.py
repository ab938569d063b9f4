"""The recorded graph: the resources that a Pulumi program registers, as data without Pulumi or the program."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LEAVE_OUT_PROGRAM: Final = "--leave-out-program"
"""The option of the plugin that skips only the promises about the programs' resources."""

PRODUCTION: Final = "prod"
"""The stack of production. All policies apply to it; other stacks may lose data and page no person."""


@dataclass(frozen=True)
class Node:
    """A registered resource: its inputs as the provider gets them, and its options."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    protect: bool
    retain_on_delete: bool
    ignore_changes: frozenset[str]
    dependencies: frozenset[str]
    place: str = field(default="", compare=False)
    """The line of the repository that registers the resource, such as `infra/service/__main__.py:33`."""

    @property
    def kind(self) -> str:
        """The type without its package, for instance `sqs/queue`."""
        return self.type.split(":")[1]

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return self.outputs["arn"]

    @property
    def called(self) -> str:
        """The resource's name in AWS: the program's, or else a generated name."""
        return self.inputs.get("name") or self.outputs.get("name", "")

    def document(self, key: str = "policy") -> dict[str, Any]:
        """Return an input that contains JSON text, parsed."""
        return json.loads(self.inputs[key])

    def statements(self, key: str = "policy") -> list[dict[str, Any]]:
        """Return the statements of the policy in an input; a single statement needs no list."""
        statements = self.document(key)["Statement"]
        return statements if isinstance(statements, list) else [statements]


@dataclass
class Graph:
    """The resources, outputs and log of one run of a program."""

    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    """The program's settings that it did not read, each with the most similar setting that it read, or empty."""

    def of(self, *kinds: str) -> list[Node]:
        """Return the resources of kinds such as `sqs/queue`, kind by kind."""
        return [node for kind in kinds for node in self.nodes if node.kind == kind]

    def one(self, kind: str, name: str | None = None) -> Node:
        """Return the only resource of a kind, or of a kind and logical name. Raises AssertionError."""
        nodes = [node for node in self.of(kind) if name in (None, node.name)]
        if len(nodes) != 1:
            raise AssertionError(f"{len(nodes)} resources are {kind} {name or ''}")
        return nodes[0]

    def rules(self) -> list[Node]:
        """Return the EventBridge rules with an event pattern, without schedules."""
        return [node for node in self.of("cloudwatch/eventRule") if "eventPattern" in node.inputs]

    def stream_readers(self) -> list[Node]:
        """Return the event source mappings of streams; mappings of queues have no starting position."""
        return [node for node in self.of("lambda/eventSourceMapping") if "startingPosition" in node.inputs]

    def statements(self, kind: str, key: str = "policy") -> Iterator[tuple[Node, dict[str, Any]]]:
        """Yield each statement of the policies in the resources of a kind, with the resource."""
        return ((node, statement) for node in self.of(kind) for statement in node.statements(key))


_FILE: Final = Path(__file__).parents[1] / "data" / "resources.toml"

RESOURCE_TYPES: Final[dict[str, dict[str, Any]]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
"""By the type without its package, such as `sqs/queue`."""
