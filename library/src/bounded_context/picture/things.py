"""Which resources are things in a picture, what they are called, and which one a text means."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ..graph import Graph, Node
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
"""What is drawn of services that have many kinds of resources, and its name; of any other service all is."""

_OF_RELEASES: Final = "codedeploy:PutLifecycleEventHookExecutionStatus"
"""What only those functions may do that look at a release."""


@dataclass(frozen=True)
class Thing:
    """A resource as a picture has it: its kind in a word, its name without what all of the stack begin with, and a key.

    A function's name is that in code. No other thing has the key.
    """

    node: Node
    kind: str
    name: str
    key: str = ""

    @property
    def arn(self) -> str:
        """Its ARN; nothing if it has none."""
        return str(self.node.outputs.get("arn", ""))

    def is_meant(self, arn: str) -> bool:
        """Whether an ARN or a pattern means it or a part of it: an alias, an index, an object."""
        return bool(self.arn) and (arn == self.arn or arn.startswith((f"{self.arn}:", f"{self.arn}/")))

    def is_in(self, text: str) -> bool:
        """Whether its ARN, id or name stands in quotes in a text such as the pattern of a rule."""
        words = (self.arn, id_of(self.node), self.node.called, self.node.outputs.get("bucket"))
        return any(f'"{word}"' in text for word in words if word)


@dataclass(frozen=True)
class Things:
    """The things of a graph; `prefix` is what the names of the stack's resources begin with."""

    graph: Graph
    prefix: str

    @cached_property
    def all(self) -> Sequence[Thing]:
        """All but alarms' topics, what takes failures, and what only looks at releases; sorted by their keys."""
        found = [Thing(node, kind, self._name(node)) for node in self.graph.nodes if (kind := _kind(node))]
        quiet = {*self.failures, *_alarmed(self.graph)}
        seen = (one for one in found if one.arn not in quiet and not _is_hook(self.graph, one.node))
        return list(_with_keys(sorted(seen, key=lambda one: (one.kind, one.name, one.node.urn))))

    @cached_property
    def failures(self) -> Mapping[str, set[str]]:
        """See `failures`."""
        return failures(self.graph)

    def of(self, kind: str) -> list[Thing]:
        """Those of a kind."""
        return [one for one in self.all if one.kind == kind]

    def meant(self, arn: str) -> Thing | None:
        """The thing that an ARN means."""
        return next((one for one in self.all if one.is_meant(arn)), None)

    def _name(self, node: Node) -> str:
        name = str(node.inputs.get("name") or node.name).removeprefix(f"{self.prefix}-")
        return name.replace("-", "_") if node.kind == "lambda/function" else name


def _with_keys(things: Iterable[Thing]) -> Iterator[Thing]:
    taken: Counter[str] = Counter()
    for one in things:
        key = f"{one.kind} {one.name}"
        taken[key] += 1
        yield replace(one, key=key if taken[key] == 1 else f"{key} {taken[key]}")


def id_of(node: Node) -> str:
    """A resource's id: where the recorder makes none up, it is the name."""
    return str(node.outputs.get("id") or node.outputs.get("name", ""))


def _kind(node: Node) -> str:
    service, _, kind = node.kind.partition("/")
    return _DRAWN[service].get(kind, "") if service in _DRAWN else kind


def _alarmed(graph: Graph) -> Iterator[str]:
    """The ARNs of what alarms tell."""
    for kind in ("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        for alarm in graph.of(kind):
            for name in ("alarmActions", "okActions", "insufficientDataActions"):
                yield from map(str, alarm.inputs.get(name, ()))


def _is_hook(graph: Graph, node: Node) -> bool:
    role = role_name(str(node.inputs.get("role", "")))
    return bool(role) and any(grant.role == role and _OF_RELEASES in grant.actions for grant in grants(graph))
