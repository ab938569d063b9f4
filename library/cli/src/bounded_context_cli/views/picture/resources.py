"""The resources that a picture shows, the permissions of their roles in words, and the steps of a workflow."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from ...programs import Graph, Node

_WORDS: Final = (
    ("reads", ("Get", "BatchGet", "Query", "Scan", "List", "Describe", "Head", "PartiQLSelect", "Select")),
    ("starts", ("StartExecution", "StartSyncExecution")),
    ("calls", ("Invoke",)),
    ("publishes", ("Publish",)),
    ("sends", ("Send", "StartFileTransfer")),
    ("receives", ("Receive",)),
    ("writes", ("Put", "Update", "Delete", "BatchWrite", "Create", "Abort", "Restore", "PartiQL", "Tag", "*")),
)
"""The label of an action by its beginning; the first match applies. Other actions have the label "uses"."""

_ONLY_WITH: Final = ("sqs:GetQueue", "sqs:DeleteMessage", "sqs:ChangeMessage", "states:StopExecution")
"""Actions without a label, because they only occur together with labelled actions."""

ORDER: Final = (*(word for word, _ in _WORDS), "uses")
"""All labels, in display order."""


@dataclass(frozen=True)
class Grant:
    """The permissions of a role: actions, on ARNs or patterns of ARNs."""

    role: str
    actions: Sequence[str]
    resources: Sequence[str]


def grants(graph: Graph) -> Iterator[Grant]:
    """Yield the allowed permissions of the graph's roles: from role policies, inline policies and attached policies."""
    for role, policy in _policies(graph):
        for statement in policy:
            if statement["Effect"] == "Allow":
                yield Grant(role, _as_list(statement.get("Action")), _as_list(statement.get("Resource")))


def words(actions: Sequence[str]) -> set[str]:
    """Return the labels of actions such as `dynamodb:GetItem`."""
    return {_word(action.partition(":")[2]) for action in actions if not action.startswith(_ONLY_WITH)}


def role_name(arn: str) -> str:
    """Return the name of a role, given its ARN or name."""
    return arn.rpartition("/")[2]


def _word(action: str) -> str:
    return next((word for word, starts in _WORDS if action.startswith(starts)), ORDER[-1])


def _policies(graph: Graph) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    attached = {str(node.inputs["policyArn"]): node.inputs["role"] for node in graph.of("iam/rolePolicyAttachment")}
    for node in graph.of("iam/rolePolicy"):
        yield role_name(str(node.inputs["role"])), node.statements()
    for node in graph.of("iam/policy"):
        if role := attached.get(str(node.outputs.get("arn"))):
            yield role_name(str(role)), node.statements()
    for node in graph.of("iam/role"):
        yield from ((node.called, _inline(node, policy)) for policy in node.inputs.get("inlinePolicies", ()))


def _inline(role: Node, policy: dict[str, Any]) -> list[dict[str, Any]]:
    return replace(role, inputs=policy).statements()


def _as_list(value: Any) -> list[str]:
    """Return an element of a policy as a list, also if it is a single text."""
    return [value] if isinstance(value, str) else list(value or ())


_DRAWN: Final[Mapping[str, Mapping[str, str]]] = {
    "apigatewayv2": {"api": "HTTP API"},
    "athena": {},
    "cloudwatch": {"eventBus": "event bus"},
    "codedeploy": {},
    "dynamodb": {"table": "table"},
    "glue": {},
    "iam": {},
    "kinesis": {"firehoseDeliveryStream": "Firehose"},
    "kms": {},
    "lambda": {"function": "function"},
    "s3": {"bucket": "bucket"},
    "scheduler": {},
    "secretsmanager": {"secret": "secret"},
    "sfn": {"stateMachine": "workflow"},
    "sns": {"topic": "topic"},
    "sqs": {"queue": "queue"},
    "ssm": {},
    "transfer": {"connector": "SFTP connector", "server": "SFTP server"},
    "xray": {},
}
"""The displayed resource types of services with many types, with their names. Other services display all types."""

_OF_RELEASES: Final = "codedeploy:PutLifecycleEventHookExecutionStatus"
"""The permission that identifies release hooks."""


@dataclass(frozen=True)
class Resource:
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

    def matches(self, arn: str) -> bool:
        """Return whether an ARN or a pattern matches the resource, or its alias, index or object."""
        return bool(self.arn) and (arn == self.arn or arn.startswith((f"{self.arn}:", f"{self.arn}/")))

    def is_named_in(self, text: str) -> bool:
        """Return whether a text, such as a rule's pattern, contains the ARN, id or name in quotes."""
        words = (self.arn, id_of(self.node), self.node.called, self.node.outputs.get("bucket"))
        return any(f'"{word}"' in text for word in words if word)


@dataclass(frozen=True)
class Resources:
    """The displayed resources of a graph; `prefix` is the common prefix of the stack's resource names."""

    graph: Graph
    prefix: str

    @cached_property
    def all(self) -> Sequence[Resource]:
        """All resources except for alarm topics, failure destinations and release hooks; sorted by key."""
        resources = [Resource(node, kind, self._name(node)) for node in self.graph.nodes if (kind := _kind(node))]
        quiet = {*self.failures, *_alarmed(self.graph)}
        visible = (item for item in resources if item.arn not in quiet and not _is_hook(self.graph, item.node))
        return list(_keyed(sorted(visible, key=lambda resource: (resource.kind, resource.name, resource.node.urn))))

    @cached_property
    def failures(self) -> Mapping[str, set[str]]:
        """The failure destinations of the graph, see `failures`."""
        return failures(self.graph)

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a kind."""
        return [resource for resource in self.all if resource.kind == kind]

    def by_arn(self, arn: str) -> Resource | None:
        """Return the resource that an ARN matches, or None."""
        return next((resource for resource in self.all if resource.matches(arn)), None)

    def _name(self, node: Node) -> str:
        name = str(node.inputs.get("name") or node.name).removeprefix(f"{self.prefix}-")
        return name.replace("-", "_") if node.kind == "lambda/function" else name


def _keyed(resources: Iterable[Resource]) -> Iterator[Resource]:
    counts: Counter[str] = Counter()
    for resource in resources:
        key = f"{resource.kind} {resource.name}"
        counts[key] += 1
        yield replace(resource, key=key if counts[key] == 1 else f"{key} {counts[key]}")


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


def failures(graph: Graph) -> Mapping[str, set[str]]:
    """Return the ARNs of the destinations, each with the ARNs of its failing queues, functions and rule targets.

    If a bucket receives a stream's lost records, their sources are added to the queue that gets a message for each
    object.
    """
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for destination, source in _destinations(graph):
        if destination:
            sources[destination].add(source)
    for queue, bucket in list(_notified(graph, sources)):
        sources[queue] |= sources[bucket]
    return sources


def _destinations(graph: Graph) -> Iterator[tuple[str, str]]:
    for queue in graph.of("sqs/queue"):
        yield _redrive(queue), queue.arn
    for subscription in graph.of("sns/topicSubscription"):
        yield _redrive(subscription), str(subscription.inputs["endpoint"])
    for target in graph.of("cloudwatch/eventTarget"):
        yield _arn(target.inputs.get("deadLetterConfig"), "arn"), str(target.inputs["arn"])
    for function in graph.of("lambda/function"):
        yield _arn(function.inputs.get("deadLetterConfig"), "targetArn"), function.arn
    for kind in ("lambda/eventSourceMapping", "lambda/functionEventInvokeConfig"):
        for node in graph.of(kind):
            on_failure = node.inputs.get("destinationConfig", {}).get("onFailure", {})
            yield _arn(on_failure, "destinationArn", "destination"), str(node.inputs["functionName"])


def _redrive(node: Node) -> str:
    policy = node.inputs.get("redrivePolicy")
    return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""


def _arn(config: Mapping[str, Any] | None, *names: str) -> str:
    return next((str(config[name]) for name in names if name in config), "") if config else ""


def _notified(graph: Graph, sources: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Yield the queues that a rule notifies of each object in a destination bucket, with the bucket's ARN."""
    patterns = {rule.called: str(rule.inputs["eventPattern"]) for rule in graph.rules()}
    for target in graph.of("cloudwatch/eventTarget"):
        for bucket in (arn for arn in sources if ":s3:::" in arn):
            if f'"{bucket.rpartition(":")[2]}"' in patterns.get(str(target.inputs["rule"]), ""):
                yield str(target.inputs["arn"]), bucket


class Box(NamedTuple):
    """A box with a unique key and a text in one line or several. Boxes of a group are in one frame."""

    key: str
    label: str
    kind: str = ""
    note: str = ""
    group: str = ""


class Arrow(NamedTuple):
    """An arrow between two boxes, by their keys."""

    source: str
    target: str
    label: str = ""
    note: str = ""


State = Mapping[str, Any]

FAILURE: Final = "on failure"
"""The label of a path after a step's failure: a catch, a choice's default, or a state that writes an error."""

_ERROR: Final = "$.error"
"""The member of the state with the error of a step."""


@dataclass(frozen=True)
class Machine:
    """The definition of a state machine."""

    definition: str

    def links(self) -> list[tuple[str, str, str]]:
        """Return pairs of function ARNs that follow one another, with the label "on failure" or an empty label.

        The start is an empty ARN. States without a function, such as choices, are skipped. If two functions are also
        linked without a failure, the label is empty.
        """
        labels: dict[tuple[str, str], str] = {}
        for before, state, label in self._ways():
            for after, next_label in self._ahead(state, label, frozenset()):
                if before != after:
                    labels[before, after] = min(next_label, labels.get((before, after), next_label))
        return [(before, after, label) for (before, after), label in labels.items()]

    @cached_property
    def _states(self) -> Mapping[str, State]:
        """All states by name, including the states within maps and parallels."""
        return dict(_within(json.loads(self.definition)))

    def _ways(self) -> Iterator[tuple[str, str, str]]:
        """Yield the start and each function, with each next state and the label of the path."""
        yield "", json.loads(self.definition)["StartAt"], ""
        for name, state in self._states.items():
            for function in _functions(state):
                yield from ((function, follows, label) for follows, label in self._following(name))

    def _ahead(self, name: str, label: str, passed: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield the next functions from a state on."""
        state = self._states.get(name, {})
        if name in passed:
            return
        if functions := _functions(state):
            yield from ((function, label) for function in functions)
            return
        for follows, next_label in _inside(state) or self._following(name):
            yield from self._ahead(follows, next_label or label, passed | {name})

    def _following(self, name: str) -> list[tuple[str, str]]:
        """Return the next states, each with the label of the path.

        The last state of a map leads to the state after the map. A failure within a map is also the map's failure.
        """
        state = self._states.get(name, {})
        label = FAILURE if state.get("ResultPath") == _ERROR else ""
        choices = [(choice["Next"], label) for choice in (state, *state.get("Choices", ())) if "Next" in choice]
        choices += [(choice["Next"], FAILURE) for choice in state.get("Catch", ()) if "Next" in choice]
        choices += [(state["Default"], FAILURE)] if "Default" in state else []
        is_last = state.get("End") or state.get("Type") == "Succeed"
        return [*choices, *(choice for choice in self._after_around(name) if is_last or choice[1] == FAILURE)]

    def _after_around(self, name: str) -> list[tuple[str, str]]:
        """Return the states after the map or parallel that contains a state."""
        around = (outer for outer, state in self._states.items() if name in dict(_children(state)))
        return [follows for outer in around for follows in self._following(outer)]


def _within(machine: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        for inner in _machines(state):
            yield from _within(inner)


def _machines(state: State) -> list[Mapping[str, Any]]:
    alone = [state[name] for name in ("ItemProcessor", "Iterator") if name in state]
    return [*alone, *state.get("Branches", ())]


def _children(state: State) -> Iterator[tuple[str, State]]:
    for machine in _machines(state):
        yield from machine["States"].items()


def _inside(state: State) -> list[tuple[str, str]]:
    return [(machine["StartAt"], "") for machine in _machines(state)]


def _functions(state: State) -> list[str]:
    """Return the functions that a task calls."""
    if state.get("Type") != "Task":
        return []
    arns = [state.get(name, {}).get("FunctionName") for name in ("Parameters", "Arguments")]
    return [arn for arn in (state["Resource"], *arns) if arn and ":function:" in arn]
