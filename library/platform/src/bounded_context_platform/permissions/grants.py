"""Grants of actions on resources, and their IAM policy document for a stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bounded_context_cli.command.repair import RECORD
from bounded_context_infra.configuration.partition import partition_of

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
    *("backup", "codedeploy", "events", "lambda", "malware-protection-plan.guardduty", "scheduler", "states"),
    "transfer",
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
        place = f"{self.region}:{self.account}"
        return partition_of(self.region).arn_of(form.format(**vars(self), place=place, path=self.path))

    @property
    def path(self) -> str:
        """The folder of the stack's parameters."""
        return f"{self.context.replace('_', '-')}/{self.stack}"

    def condition(self, when: When) -> dict[str, Any]:
        """Return the condition of a statement."""
        return self._conditions("StringLike" if "*" in self.stack else "StringEquals")[when]

    def _conditions(self, equals: str) -> Mapping[When, dict[str, Any]]:
        tagged, asked = self._tags("ResourceTag"), self._tags("RequestTag")
        return {
            "always": {},
            "tagged": {equals: tagged},
            "untagged": self._untagged(equals),
            "asked with tags": {equals: asked},
            "created": {equals: {**asked, "ec2:CreateAction": list(_CREATED)}},
            "through a service": {"Bool": {"aws:ViaAWSService": "true"}},
            "of its functions": {"ArnLike": {"lambda:FunctionArn": self.arn("lambda:{place}:function:{prefix}-*")}},
            "passed on": {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in _PASSED_TO]}},
            "bounded": {"StringEquals": {"iam:PermissionsBoundary": self.boundary}},
            # DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control".
            "of a repair": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [RECORD["pk"]["S"]]}},
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
    found: dict[tuple[str, When], set[str]] = {}
    for grant in grants:
        actions = (*grant.read, *(grant.write if change else ()))
        if actions:
            limited = place.boundary is not None or grant.when != "bounded"
            when = grant.when if limited else "always"
            found.setdefault((place.arn(grant.arn), when), set()).update(actions)
    return {"Version": "2012-10-17", "Statement": _statements(place, found)}


def _statements(place: Place, found: Mapping[tuple[str, When], set[str]]) -> list[dict[str, Any]]:
    """Return the statements: the actions of each group of resources, with their condition."""
    merged: dict[When, set[str]] = {when: set() for when in _MERGED}
    for (_, when), actions in found.items():
        merged.get(when, set()).update(actions)
    alike: dict[tuple[tuple[str, ...], When], list[str]] = {}
    for (arn, when), actions in sorted(found.items()):
        alike.setdefault((tuple(sorted(merged.get(when, actions))), when), []).append(arn)
    conditional = [
        {"Effect": "Allow", "Action": list(actions), "Resource": arns, "Condition": place.condition(when)}
        for (actions, when), arns in alike.items()
        if when != "always"
    ]
    return [*_joined({actions: arns for (actions, when), arns in alike.items() if when == "always"}), *conditional]


def _joined(alike: Mapping[tuple[str, ...], list[str]]) -> list[dict[str, Any]]:
    """Join unconditional statements of different services, since IAM limits the size of a policy.

    The meaning stays: an action has an effect on resources of its own service only. Statements on `*` stay apart.
    """
    joined: list[tuple[set[str], dict[str, Any]]] = []
    for actions, arns in alike.items():
        services = {action.partition(":")[0] for action in actions}
        own = {"*"} if "*" in arns else services
        free = (one for taken, one in joined if "*" not in own | taken and not services & taken)
        if statement := next(free, None):
            statement["Action"] += actions
            statement["Resource"] += arns
            next(taken for taken, one in joined if one is statement).update(services)
        else:
            joined.append((own, {"Effect": "Allow", "Action": [*actions], "Resource": [*arns]}))
    return [statement for _, statement in joined]
