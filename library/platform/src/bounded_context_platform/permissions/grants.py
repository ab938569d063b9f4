"""Grants of actions on resources by `data/permissions.toml`, their IAM policy document, and the boundary of a stack."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from bounded_context.adapters.exports import PREFIX as EXPORTS
from bounded_context.adapters.items import LIST, RUN
from bounded_context.domain.spelling import kebab
from bounded_context_cli.command.console import RECORD
from bounded_context_cli.programs.recording import ACCOUNT, Graph
from bounded_context_infra.configuration.config import partition_of
from bounded_context_infra.configuration.labels import Labels

When = Literal[
    "always",
    "tagged",
    "untagged",
    "asked with tags",
    "created",
    "through a service",
    "of its functions",
    "passed on",
    "bounded",
    "of a repair",
    "of a list",
    "of an export",
    "through DynamoDB",
]
"""The additional condition of a grant, for resources whose names are unknown before their creation."""

_MERGED: Final = ("tagged", "untagged")
"""Conditions that have one statement each, with all actions and resources, since IAM limits the size of a policy.

An action has an effect on resources of its own service only.
"""

_CREATED: Final = ("AllocateAddress", "CreateSecurityGroup")
"""The calls of EC2 that create a resource with tags."""

_PASSED_TO: Final = (
    *("backup", "codedeploy", "events", "firehose", "lambda", "malware-protection-plan.guardduty", "scheduler"),
    *("sns", "states", "transfer"),
)
"""The services to which a stack passes its roles."""


@dataclass(frozen=True)
class Place:
    """A stack's region and account, the `prefix` of its names, the `short` prefix for X-Ray, and its tags.

    All stacks of a kind share one place, whose `stack` is a pattern such as `pr-*`.
    `boundary` is the ARN of the permissions boundary of the stack's roles.
    """

    context: str
    stack: str
    prefix: str
    short: str
    region: str
    account: str
    boundary: str | None = None

    def arn(self, form: str) -> str:
        """Return the ARN of a form such as `sqs:{place}:{prefix}-*`; the form `*` stays `*`."""
        if form == "*":
            return form
        names = {"place": f"{self.region}:{self.account}", "path": self.path, "database": self.database}
        return partition_of(self.region).arn_of(form.format(**vars(self), **names))

    @property
    def path(self) -> str:
        """The folder of the stack's parameters."""
        return f"{self.context.replace('_', '-')}/{self.stack}"

    @property
    def database(self) -> str:
        """The prefix of the stack's databases, whose names have no hyphens."""
        return self.prefix.replace("-", "_")

    def condition(self, when: When) -> dict[str, Any]:
        """Return the condition of a statement."""
        return self._conditions("StringLike" if "*" in self.stack else "StringEquals")[when]

    def _conditions(self, equals: str) -> Mapping[When, dict[str, Any]]:
        tagged, request_tags = self._tags("ResourceTag"), self._tags("RequestTag")
        return {
            "always": {},
            "tagged": {equals: tagged},
            "untagged": self._untagged(equals),
            "asked with tags": {equals: request_tags},
            "created": {equals: {**request_tags, "ec2:CreateAction": list(_CREATED)}},
            "through a service": {"Bool": {"aws:ViaAWSService": "true"}},
            "of its functions": {"ArnLike": {"lambda:FunctionArn": self.arn("lambda:{place}:function:{prefix}-*")}},
            "passed on": {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in _PASSED_TO]}},
            "bounded": {"StringEquals": {"iam:PermissionsBoundary": self.boundary}},
            # DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control".
            "of a repair": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [RECORD["pk"]["S"]]}},
            "of a list": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{LIST}*", f"{RUN}*"]}},
            "of an export": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{EXPORTS}*"]}},
            # KMS developer guide, "AWS KMS condition keys", kms:ViaService.
            "through DynamoDB": {"StringLike": {**tagged, "kms:ViaService": self._names("dynamodb.*")}},
        }

    def _names(self, service: str) -> str | list[str]:
        return partition_of(self.region).names(service)

    def _tags(self, key: str) -> dict[str, str]:
        return {f"aws:{key}/context": self.context, f"aws:{key}/stack": self.stack}

    def _untagged(self, equals: str) -> dict[str, Any]:
        """Return the condition that the request tags a resource as the stack's own, which has no other owner.

        A key without an alias passes ForAllValues, a key with another alias does not (KMS developer guide,
        "kms:ResourceAliases"). Requests to other services lack this condition key, and pass too.
        """
        return {
            equals: self._tags("RequestTag"),
            f"{equals}IfExists": self._tags("ResourceTag"),
            f"ForAllValues:{equals}": {"kms:ResourceAliases": f"alias/{self.prefix}"},
        }


@dataclass(frozen=True)
class Grant:
    """Actions on one form of ARN: read-only actions (`read`) and actions that change resources (`write`)."""

    arn: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    when: When = "always"


def on(arn: str, service: str, *, read: str = "", write: str = "", when: When = "always") -> Grant:
    """Return a grant of actions, written as words without the prefix of their service."""
    return Grant(arn, _actions(service, read), _actions(service, write), when)


def _actions(service: str, words: str) -> tuple[str, ...]:
    return tuple(f"{service}:{word}" for word in words.split())


def document(place: Place, grants: Iterable[Grant], *, change: bool) -> dict[str, Any]:
    """Return the policy document of the given grants, with each resource once; only `change` includes write actions."""
    by_resource: dict[tuple[str, When], set[str]] = {}
    for grant in grants:
        actions = (*grant.read, *(grant.write if change else ()))
        if actions:
            limited = place.boundary is not None or grant.when != "bounded"
            when = grant.when if limited else "always"
            by_resource.setdefault((place.arn(grant.arn), when), set()).update(actions)
    return {"Version": "2012-10-17", "Statement": _statements(place, by_resource)}


def _statements(place: Place, by_resource: Mapping[tuple[str, When], set[str]]) -> list[dict[str, Any]]:
    """Return the statements: the actions of each group of resources, with their condition."""
    merged: dict[When, set[str]] = {when: set() for when in _MERGED}
    for (_, when), actions in by_resource.items():
        merged.get(when, set()).update(actions)
    alike: dict[tuple[tuple[str, ...], When], list[str]] = {}
    for (arn, when), actions in sorted(by_resource.items()):
        alike.setdefault((tuple(sorted(merged.get(when, actions))), when), []).append(arn)
    conditional = [
        {"Effect": "Allow", "Action": list(actions), "Resource": arns, "Condition": place.condition(when)}
        for (actions, when), arns in alike.items()
        if when != "always"
    ]
    return [*_join({actions: arns for (actions, when), arns in alike.items() if when == "always"}), *conditional]


def _join(alike: Mapping[tuple[str, ...], list[str]]) -> list[dict[str, Any]]:
    """Join unconditional statements of different services, since IAM limits the size of a policy.

    The meaning stays: an action has an effect on resources of its own service only. Statements on `*` stay apart.
    """
    joined: list[tuple[set[str], dict[str, Any]]] = []
    for actions, arns in alike.items():
        services = {action.partition(":")[0] for action in actions}
        own = {"*"} if "*" in arns else services
        free = (entry for used, entry in joined if "*" not in own | used and not services & used)
        if statement := next(free, None):
            statement["Action"] += actions
            statement["Resource"] += arns
            next(used for used, entry in joined if entry is statement).update(services)
        else:
            joined.append((own, {"Effect": "Allow", "Action": [*actions], "Resource": [*arns]}))
    return [statement for _, statement in joined]


class _Entry(BaseModel):
    """A grant of the file. Actions are words without the service's prefix."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    arn: str
    service: str
    read: str = ""
    write: str = ""
    when: When = "always"

    def grant(self) -> Grant:
        """Return the grant."""
        return on(self.arn, self.service, read=self.read, write=self.write, when=self.when)


class _OfKinds(_Entry):
    """A grant, and the resource types that need it."""

    kinds: list[str]


class _File(BaseModel):
    grants: list[_OfKinds]
    roles: dict[str, list[_Entry]]


_FILE = _File.model_validate(
    tomllib.loads((Path(__file__).parents[1] / "data" / "permissions.toml").read_text("utf-8"))
)

KINDS: Final[Mapping[str, tuple[Grant, ...]]] = {
    kind: tuple(entry.grant() for entry in _FILE.grants if kind in entry.kinds)
    for kind in dict.fromkeys(chain.from_iterable(entry.kinds for entry in _FILE.grants))
}
"""The grants of a deployment by resource type without its package, such as `sqs/queue`."""

ROLES: Final = {role: tuple(entry.grant() for entry in entries) for role, entries in _FILE.roles.items()}
"""The grants of roles that follow from the calls of commands: all of shift and of persons, some of deploy."""

Document = dict[str, Any]
Scope = tuple[str, str]
"""A resource and a condition, as JSON text."""

_KINDS = ("iam/rolePolicy", "iam/policy")


_ASSIGNED: Final = {"kms/key": "kms:{place}:key/*", "transfer/connector": "transfer:{place}:connector/*"}
"""Resources whose ids AWS assigns. Their tags identify the stack's own."""


def boundary(where: Place, graph: Graph, recorded: Labels) -> Document:
    """Return the boundary's policy document: it allows each statement of each role, on all resources of the stack.

    Args:
        where: the place of the stack, or of all stacks of a kind.
        graph: the graph of the program.
        recorded: the names in the graph.
    """
    by_scope: dict[Scope, set[str]] = {}
    for node in graph.of(*_KINDS):
        for statement in node.statements():
            if statement["Effect"] == "Allow":
                for scope in _scopes(where, graph, recorded, statement):
                    by_scope.setdefault(scope, set()).update(_texts(statement["Action"]))
    return {"Version": "2012-10-17", "Statement": _boundary_statements(by_scope)}


def _scopes(where: Place, graph: Graph, recorded: Labels, statement: Document) -> Iterator[Scope]:
    assigned = {node.arn: arn for kind, arn in _ASSIGNED.items() for node in graph.of(kind)}
    for resource in _texts(statement["Resource"]):
        if resource in assigned:
            yield where.arn(assigned[resource]), json.dumps(where.condition("tagged"))
        elif (own := _own(where, recorded, resource)) is not None:
            yield own, "{}"
        else:
            yield _placed(where, resource), json.dumps(statement.get("Condition", {}), sort_keys=True)


def _own(where: Place, recorded: Labels, resource: str) -> str | None:
    """Return the pattern of the stack's resources for an ARN of the graph, or None for a resource of others."""
    names = {
        f"{recorded.prefix}-": f"{where.prefix}-*",
        f"{recorded.prefix.replace('-', '_')}_": f"{where.database}_*",
        f"parameter/{kebab(recorded.context)}/{recorded.stack}/": f"parameter/{where.path}/*",
    }
    for own, general in names.items():
        if match := re.match(f"(.*?[:/]){re.escape(own)}", resource):
            return f"{_placed(where, match[1])}{general}"
    return None


def _placed(where: Place, arn: str) -> str:
    """Return an ARN of the graph with the region and the account of the stack."""
    return re.sub(f":([a-z0-9-]*):{ACCOUNT}:", lambda match: f":{match[1] and where.region}:{where.account}:", arn)


def _boundary_statements(by_scope: dict[Scope, set[str]]) -> list[Document]:
    """Return a statement for each group of resources with the same actions and condition."""
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (resource, condition), actions in sorted(by_scope.items()):
        alike.setdefault((tuple(sorted(actions)), condition), []).append(resource)
    return [
        {"Effect": "Allow", "Action": [*actions], "Resource": [*resources]}
        | ({"Condition": condition} if condition else {})
        for actions, resources, condition in _with_all_values(alike)
    ]


def _with_all_values(
    alike: dict[tuple[tuple[str, ...], str], list[str]],
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Document]]:
    """Yield actions, resources and condition, once for all values of a condition key: a policy has a maximum size."""
    values: dict[Any, dict[str, None]] = {}
    for (actions, text), resources in alike.items():
        condition = json.loads(text)
        if len(condition) == 1 and len(*condition.values()) == 1:
            [(operator, keys)] = condition.items()
            [(key, value)] = keys.items()
            values.setdefault((actions, (*resources,), operator, key), {}).update(dict.fromkeys(_texts(value)))
        else:
            yield actions, (*resources,), condition
    for (actions, resources, operator, key), accepted in values.items():
        yield actions, resources, {operator: {key: [*accepted]}}


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
