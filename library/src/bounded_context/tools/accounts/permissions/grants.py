"""Grants of actions on resources, and their IAM policy document for one stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

When = Literal["always", "tagged", "asked with tags", "of its functions", "passed on"]
"""The additional condition of a grant, for resources whose names are unknown before their creation."""

_PASSED_TO: Final = ("codedeploy", "events", "lambda", "states", "transfer")
"""The services to which a stack passes its roles."""


@dataclass(frozen=True)
class Place:
    """A stack's region and account, the `prefix` of its names, the `short` prefix for X-Ray, and its tags.

    All stacks of a kind share one place, whose `stack` is a pattern such as `pr-*`.
    """

    context: str
    stack: str
    prefix: str
    short: str
    region: str
    account: str

    def arn(self, form: str) -> str:
        """Return the ARN of a form such as `sqs:{place}:{prefix}-*`; the form `*` stays `*`."""
        if form == "*":
            return form
        path = f"{self.context.replace('_', '-')}/{self.stack}"
        place = f"{self.region}:{self.account}"
        return "arn:aws:" + form.format(**vars(self), place=place, path=path)

    def condition(self, when: When) -> dict[str, Any]:
        """Return the condition of a statement."""
        tags = {"context": self.context, "stack": self.stack}
        equals = "StringLike" if "*" in self.stack else "StringEquals"
        match when:
            case "tagged":
                return {equals: {f"aws:ResourceTag/{key}": value for key, value in tags.items()}}
            case "asked with tags":
                return {equals: {f"aws:RequestTag/{key}": value for key, value in tags.items()}}
            case "of its functions":
                return {"ArnLike": {"lambda:FunctionArn": self.arn("lambda:{place}:function:{prefix}-*")}}
            case "passed on":
                return {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in _PASSED_TO]}}
            case "always":
                return {}


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
    """Return the policy document of these grants, with each resource once; only `change` includes write actions."""
    found: dict[tuple[str, When], set[str]] = {}
    for grant in grants:
        actions = (*grant.read, *(grant.write if change else ()))
        if actions:
            found.setdefault((place.arn(grant.arn), grant.when), set()).update(actions)
    return {"Version": "2012-10-17", "Statement": _statements(place, found)}


def _statements(place: Place, found: Mapping[tuple[str, When], set[str]]) -> list[dict[str, Any]]:
    """Return a statement for each group of resources with the same actions and condition."""
    alike: dict[tuple[tuple[str, ...], When], list[str]] = {}
    for (arn, when), actions in sorted(found.items()):
        alike.setdefault((tuple(sorted(actions)), when), []).append(arn)
    return [
        {"Effect": "Allow", "Action": list(actions), "Resource": arns}
        | ({"Condition": condition} if (condition := place.condition(when)) else {})
        for (actions, when), arns in alike.items()
    ]
