"""Actions on resources, and the IAM policy document that they make for one stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

When = Literal["always", "tagged", "asked with tags", "of its functions", "passed on"]
"""What else must hold, where a resource has no name that could be known before it is made."""

_PASSED_TO: Final = ("codedeploy", "events", "lambda", "states", "transfer")
"""The services that a stack's roles are made for."""


@dataclass(frozen=True)
class Place:
    """A stack where it lives: the `prefix` of its names, its short one for X-Ray, its tags, region and account.

    All of a kind are one place, whose `stack` is a pattern such as `pr-*`.
    """

    context: str
    stack: str
    prefix: str
    short: str
    region: str
    account: str

    def arn(self, form: str) -> str:
        """The ARN of a form such as `sqs:{place}:{prefix}-*`; `*` where an API knows no resources."""
        if form == "*":
            return form
        path = f"{self.context.replace('_', '-')}/{self.stack}"
        place = f"{self.region}:{self.account}"
        return "arn:aws:" + form.format(**vars(self), place=place, path=path)

    def condition(self, when: When) -> dict[str, Any]:
        """The condition of a statement."""
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
    """Actions on one form of ARN: those that only look (`read`), and those that change something (`write`)."""

    arn: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    when: When = "always"


def on(arn: str, service: str, *, read: str = "", write: str = "", when: When = "always") -> Grant:
    """A grant whose actions are written as words, without the prefix of their service."""
    return Grant(arn, _actions(service, read), _actions(service, write), when)


def _actions(service: str, words: str) -> tuple[str, ...]:
    return tuple(f"{service}:{word}" for word in words.split())


def document(place: Place, grants: Iterable[Grant], *, change: bool) -> dict[str, Any]:
    """The policy of these grants, without what changes something unless `change`; each resource stands in it once."""
    found: dict[tuple[str, When], set[str]] = {}
    for grant in grants:
        actions = (*grant.read, *(grant.write if change else ()))
        if actions:
            found.setdefault((place.arn(grant.arn), grant.when), set()).update(actions)
    return {"Version": "2012-10-17", "Statement": _statements(place, found)}


def _statements(place: Place, found: Mapping[tuple[str, When], set[str]]) -> list[dict[str, Any]]:
    """A statement for all resources that have the same actions under the same condition."""
    alike: dict[tuple[tuple[str, ...], When], list[str]] = {}
    for (arn, when), actions in sorted(found.items()):
        alike.setdefault((tuple(sorted(actions)), when), []).append(arn)
    return [
        {"Effect": "Allow", "Action": list(actions), "Resource": arns}
        | ({"Condition": condition} if (condition := place.condition(when)) else {})
        for (actions, when), arns in alike.items()
    ]
