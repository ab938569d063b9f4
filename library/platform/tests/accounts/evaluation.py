"""IAM's evaluation of a request, offline: identity policies, permissions boundary, resource policy and trust.

The rules are those of the IAM user guide ("Policy evaluation logic", "Cross-account policy evaluation logic", "IAM
JSON policy elements: Condition operators"). The attacker needs two features that no evaluator combines: thousands of
decisions in a second, and condition keys whose value the caller may choose (`FREE`). Existing evaluators:

- moto's `iam.access_control` (a dependency): no boundaries, resource policies or conditions except `StringEquals` in
  trust policies, and a statement whose condition fails denies the request. A test compares actions, resources and
  denials with it on random documents.
- `@cloud-copilot/iam-simulate` (npm): complete, but AGPL-3.0 and Node.js. `verdicts.json` has its decisions about
  random requests, and a test compares them. `record_verdicts.py` renews the file.
- AWS's policy simulator and `iam:SimulateCustomPolicy`: need an account.
- PMapper (principalmapper): reads an account through the API, and does not know states, artefacts and pipelines.
- parliament, policy_sentry, cloudsplaining, policyuniverse: lint or list the permissions of one document. They decide
  no request and evaluate no conditions.
- MiniStack's authorization: no resource policies, grants or PassRole.
- Cedar (cedarpy): another policy language.
- SMT solvers (Zelkova's approach): prove statements about one policy, where this search needs concrete requests.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

Document = Mapping[str, Any]
"""A policy document, as parsed JSON."""


class Free:
    """The value of a condition key that the caller chooses: it satisfies conditions of Allow, and avoids Deny."""


FREE: Final = Free()

Value = str | Sequence[str] | Free
Context = Mapping[str, Value]
"""The condition keys of a request. Keys are in lower case, since IAM ignores the case of keys."""


class UnknownElement(Exception):
    """A document has an element or an operator that this module does not implement."""


@dataclass(frozen=True)
class Caller:
    """The principal of a request: a role, an AWS `service`, or a token of a `federated` provider."""

    arn: str
    account: str
    policies: "tuple[Policy, ...]" = ()
    boundary: "Policy | None" = None
    service: str = ""
    federated: str = ""
    context: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """The resource of a request. If its policy is `decisive`, the account's IAM policies alone allow nothing.

    The policy counts for actions that begin with `scope`: a trust policy counts for those of STS alone.
    """

    arn: str
    account: str
    policy: "Policy | None" = None
    decisive: bool = False
    context: Mapping[str, Value] = field(default_factory=dict)
    scope: str = ""

    def policy_on(self, action: str) -> "Policy | None":
        """Return the resource policy that counts for an action."""
        return self.policy if action.startswith(self.scope) else None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """Return whether a value matches a pattern with `*` and `?`."""
    if pattern in ("*", value):
        return True
    start, star, rest = pattern.partition("*")
    if not value.startswith(start) and "?" not in start:
        return False
    return bool(star and not rest and "?" not in start) or _pattern(pattern).fullmatch(value) is not None


_VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")


def resolved(text: str, context: Context) -> str | None:
    """Return a text with its policy variables replaced, or None if the request lacks a variable's key."""
    if "${" not in text:
        return text
    values = {name: _of_variable(name, context) for name in _VARIABLE.findall(text)}
    if any(value is None for value in values.values()):
        return None
    return _VARIABLE.sub(lambda match: str(values[match[1]]), text)


def _of_variable(name: str, context: Context) -> str | None:
    if name in ("*", "?", "$"):
        return name
    value = context.get(name.lower())
    return value if isinstance(value, str) else None


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda expected, actual: compare(float(actual), float(expected))


_OPERATORS: Final[Mapping[str, tuple[Callable[[str, str], bool], bool]]] = {
    "StringEquals": (lambda expected, actual: expected == actual, False),
    "StringNotEquals": (lambda expected, actual: expected == actual, True),
    "StringEqualsIgnoreCase": (lambda expected, actual: expected.lower() == actual.lower(), False),
    "StringNotEqualsIgnoreCase": (lambda expected, actual: expected.lower() == actual.lower(), True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (like, False),
    "ArnLike": (like, False),
    "ArnNotEquals": (like, True),
    "ArnNotLike": (like, True),
    "Bool": (lambda expected, actual: expected.lower() == actual.lower(), False),
    "NumericEquals": (_numeric(lambda actual, expected: actual == expected), False),
    "NumericNotEquals": (_numeric(lambda actual, expected: actual == expected), True),
    "NumericLessThan": (_numeric(lambda actual, expected: actual < expected), False),
    "NumericLessThanEquals": (_numeric(lambda actual, expected: actual <= expected), False),
    "NumericGreaterThan": (_numeric(lambda actual, expected: actual > expected), False),
    "NumericGreaterThanEquals": (_numeric(lambda actual, expected: actual >= expected), False),
}
"""The comparison of each operator, and whether the operator is its negation."""


@dataclass(frozen=True)
class Condition:
    """An operator on a key, with its values."""

    operator: str
    quantifier: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context, *, allows: bool) -> bool:
        """Return whether the condition is true; `allows` is whether its statement allows."""
        actual = context.get(self.key)
        if isinstance(actual, Free):
            return allows
        if self.operator == "Null":
            return (actual is None) == (self.values[0].lower() == "true")
        if actual is None:
            return self._of_no_value()
        return self._of_values([actual] if isinstance(actual, str) else list(actual), context)

    def _of_no_value(self) -> bool:
        return self.if_exists or self.quantifier == "ForAllValues" or _OPERATORS[self.operator][1]

    def _of_values(self, actual: Sequence[str], context: Context) -> bool:
        compare, negated = _OPERATORS[self.operator]
        expected = [text for value in self.values if (text := resolved(value, context)) is not None]
        results = [any(compare(pattern, value) for pattern in expected) != negated for value in actual]
        if self.quantifier == "ForAllValues":
            return all(results)
        if self.quantifier == "ForAnyValue":
            return any(results)
        return all(results) if negated else any(results)


def _conditions(conditions: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    for named, keys in conditions.items():
        quantifier, _, operator = named.rpartition(":")
        base = operator.removesuffix("IfExists")
        if base != "Null" and base not in _OPERATORS:
            raise UnknownElement(named)
        for key, value in keys.items():
            values = tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in _list(value))
            yield Condition(base, quantifier, base != operator, key.lower(), values)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


_ELEMENTS: Final = frozenset(
    ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
)

Match = Literal["no", "account", "direct"]
"""How a statement's principal matches a caller: not, through the caller's account, or by itself."""


@dataclass(frozen=True)
class Statement:
    """A statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principal: Any
    not_principal: Any
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, document: Document) -> "Statement":
        """Read a statement. Raises UnknownElement."""
        if unknown := document.keys() - _ELEMENTS:
            raise UnknownElement(", ".join(sorted(unknown)))
        return cls(
            document["Effect"] == "Allow",
            tuple(action.lower() for action in _list(document.get("Action", []))),
            tuple(action.lower() for action in _list(document.get("NotAction", []))),
            tuple(_list(document.get("Resource", []))),
            tuple(_list(document.get("NotResource", []))),
            document.get("Principal"),
            document.get("NotPrincipal"),
            tuple(_conditions(document.get("Condition", {}))),
        )

    def concerns(self, action: str) -> bool:
        """Return whether the statement is about an action, which is in lower case."""
        if self.not_actions:
            return not any(like(pattern, action) for pattern in self.not_actions)
        return any(like(pattern, action) for pattern in self.actions)

    def applies(self, arn: str, context: Context) -> bool:
        """Return whether the statement is about a resource, and its conditions hold."""
        return self._covers(arn, context) and all(
            condition.holds(context, allows=self.allows) for condition in self.conditions
        )

    def _covers(self, arn: str, context: Context) -> bool:
        if self.not_resources:
            return not _any_like(self.not_resources, arn, context)
        # A trust policy has no resource.
        return not self.resources or _any_like(self.resources, arn, context)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of the ARNs that the statement may cover, whatever the request's variables are."""
        whole = self.not_resources or not self.resources
        return ("*",) if whole else tuple(_VARIABLE.sub("*", resource) for resource in self.resources)

    def opens(self, element: str, account: str) -> bool:
        """Return whether the principal is of an element, such as `AWS`, and not the account itself."""
        return self.not_principal is not None or _opens(self.principal, element, account)

    def admits(self, caller: Caller) -> Match:
        """Return how the statement's principal matches a caller."""
        if self.not_principal is not None:
            return "direct" if _admitted(self.not_principal, caller) == "no" else "no"
        return "direct" if self.principal is None else _admitted(self.principal, caller)


def _opens(principal: Any, element: str, account: str) -> bool:
    own = (account, f"arn:aws:iam::{account}:root")
    return not isinstance(principal, Mapping) or any(name not in own for name in _list(principal.get(element, [])))


def _admitted(principal: Any, caller: Caller) -> Match:
    """Return how a principal element matches a caller."""
    if principal == "*":
        return "direct"
    if caller.service or caller.federated:
        named = _list(principal.get("Service", [])) + _list(principal.get("Federated", []))
        return "direct" if (caller.service or caller.federated) in named else "no"
    named = _list(principal.get("AWS", []))
    if caller.arn in named or "*" in named:
        return "direct"
    return "account" if {caller.account, f"arn:aws:iam::{caller.account}:root"} & {*named} else "no"


def _any_like(patterns: Iterable[str], arn: str, context: Context) -> bool:
    texts = (resolved(pattern, context) for pattern in patterns)
    return any(text is not None and like(text, arn) for text in texts)


class Policy:
    """A policy document, with its statements by action."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.statements = tuple(Statement.of(statement) for statement in _list(document["Statement"]))
        self._by_action: dict[str, tuple[Statement, ...]] = {}

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements about an action."""
        if action not in self._by_action:
            name = action.lower()
            self._by_action[action] = tuple(statement for statement in self.statements if statement.concerns(name))
        return self._by_action[action]

    def opens(self, action: str, element: str, account: str) -> bool:
        """Return whether a statement allows an action to principals of an element, not to its account."""
        return any(statement.allows and statement.opens(element, account) for statement in self.about(action))

    def effect(self, action: str, arn: str, context: Context) -> bool | None:
        """Return True if the policy allows, False if it denies, None if it does neither."""
        applying = [statement.allows for statement in self.about(action) if statement.applies(arn, context)]
        return all(applying) if applying else None


def allowed(caller: Caller, action: str, target: Target, context: Context) -> bool:
    """Return whether IAM permits a request. The target's condition keys prevail over those of `context`."""
    keys = {**caller.context, **context, **target.context}
    identity = [policy.effect(action, target.arn, keys) for policy in caller.policies]
    limit = caller.boundary.effect(action, target.arn, keys) if caller.boundary else True
    policy = target.policy_on(action)
    resource = admission(policy, caller, action, target.arn, keys) if policy else "no"
    if False in identity or limit is False or resource == "denied":
        return False
    within = limit is True
    granted = True in identity and within
    alone = policy is None or not target.decisive
    return _combined(caller, target.account, resource, granted=granted, within=within, alone=alone)


def _combined(
    caller: Caller, account: str, resource: Match | Literal["denied"], *, granted: bool, within: bool, alone: bool
) -> bool:
    """Combine the decisions of identity and resource policies, none of which denies.

    Args:
        caller: the principal.
        account: the account of the resource.
        resource: the decision of the resource's policy.
        granted: whether the identity policies allow the request within the boundary.
        within: whether the boundary allows the request.
        alone: whether identity policies suffice in the account.
    """
    if caller.service or caller.federated:
        return resource == "direct"
    if caller.account != account:
        return granted and resource != "no"
    if resource == "direct" and within:
        return True
    return granted and (resource == "account" or alone)


def admission(policy: Policy, caller: Caller, action: str, arn: str, context: Context) -> Match | Literal["denied"]:
    """Return whom a resource policy admits: the caller itself, the caller's account, or not the caller."""
    best_match: Match = "no"
    for statement in policy.about(action):
        match = statement.admits(caller)
        if match == "no" or not statement.applies(arn, context):
            continue
        if not statement.allows:
            return "denied"
        best_match = "direct" if "direct" in (match, best_match) else match
    return best_match
