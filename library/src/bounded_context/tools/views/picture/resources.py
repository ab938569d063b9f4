"""The resources that a picture shows: their names, and the resolution of ARNs and texts to them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ...programs.graph import Graph, Node
from .failures import failures
from .policies import grants, role_name

_DRAWN: Final[Mapping[str, Mapping[str, str]]] = {
    "apigatewayv2": {"api": "HTTP API"},
    "cloudwatch": {"eventBus": "event bus"},
    "codedeploy": {},
    "dynamodb": {"table": "table"},
    "iam": {},
    "kms": {},
    "lambda": {"function": "function"},
    "s3": {"bucket": "bucket"},
    "secretsmanager": {"secret": "secret"},
    "sfn": {"stateMachine": "workflow"},
    "sns": {"topic": "topic"},
    "sqs": {"queue": "queue"},
    "ssm": {},
    "transfer": {"server": "SFTP server"},
    "xray": {},
}
"""The displayed resource types of services with many types, with their names. Other services display all types."""

_OF_RELEASES: Final = "codedeploy:PutLifecycleEventHookExecutionStatus"
"""The permission that identifies release hooks."""


@dataclass(frozen=True)
class Thing:
    """A resource of a picture: its kind in a word, its name without the stack's prefix, and a unique key.

    A function's name is its name in code.
    """

    node: Node
    kind: str
    name: str
    key: str = ""

    @property
    def arn(self) -> str:
        """The ARN, or an empty text."""
        return str(self.node.outputs.get("arn", ""))

    def is_meant(self, arn: str) -> bool:
        """Return whether an ARN or a pattern matches the resource, or its alias, index or object."""
        return bool(self.arn) and (arn == self.arn or arn.startswith((f"{self.arn}:", f"{self.arn}/")))

    def is_in(self, text: str) -> bool:
        """Return whether a text, such as a rule's pattern, contains the ARN, id or name in quotes."""
        words = (self.arn, id_of(self.node), self.node.called, self.node.outputs.get("bucket"))
        return any(f'"{word}"' in text for word in words if word)


@dataclass(frozen=True)
class Things:
    """The displayed resources of a graph; `prefix` is the common prefix of the stack's resource names."""

    graph: Graph
    prefix: str

    @cached_property
    def all(self) -> Sequence[Thing]:
        """All resources except for alarm topics, failure destinations and release hooks; sorted by key."""
        found = [Thing(node, kind, self._name(node)) for node in self.graph.nodes if (kind := _kind(node))]
        quiet = {*self.failures, *_alarmed(self.graph)}
        seen = (thing for thing in found if thing.arn not in quiet and not _is_hook(self.graph, thing.node))
        return list(_with_keys(sorted(seen, key=lambda thing: (thing.kind, thing.name, thing.node.urn))))

    @cached_property
    def failures(self) -> Mapping[str, set[str]]:
        """The failure destinations of the graph, see `failures`."""
        return failures(self.graph)

    def of(self, kind: str) -> list[Thing]:
        """Return the resources of a kind."""
        return [thing for thing in self.all if thing.kind == kind]

    def meant(self, arn: str) -> Thing | None:
        """Return the resource that an ARN matches, or None."""
        return next((thing for thing in self.all if thing.is_meant(arn)), None)

    def _name(self, node: Node) -> str:
        name = str(node.inputs.get("name") or node.name).removeprefix(f"{self.prefix}-")
        return name.replace("-", "_") if node.kind == "lambda/function" else name


def _with_keys(things: Iterable[Thing]) -> Iterator[Thing]:
    taken: Counter[str] = Counter()
    for thing in things:
        key = f"{thing.kind} {thing.name}"
        taken[key] += 1
        yield replace(thing, key=key if taken[key] == 1 else f"{key} {taken[key]}")


def id_of(node: Node) -> str:
    """Return a resource's id, or its name if the recorder generates no id."""
    return str(node.outputs.get("id") or node.outputs.get("name", ""))


def _kind(node: Node) -> str:
    service, _, kind = node.kind.partition("/")
    return _DRAWN[service].get(kind, "") if service in _DRAWN else kind


def _alarmed(graph: Graph) -> Iterator[str]:
    """Yield the ARNs of the alarms' targets."""
    for kind in ("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        for alarm in graph.of(kind):
            for name in ("alarmActions", "okActions", "insufficientDataActions"):
                yield from map(str, alarm.inputs.get(name, ()))


def _is_hook(graph: Graph, node: Node) -> bool:
    role = role_name(str(node.inputs.get("role", "")))
    return bool(role) and any(grant.role == role and _OF_RELEASES in grant.actions for grant in grants(graph))
