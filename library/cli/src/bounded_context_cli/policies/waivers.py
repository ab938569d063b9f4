"""A repository's waivers of policies, each with its reason, in its `pyproject.toml`.

[[tool.bounded-context.waivers]]
policy = "data-is-encrypted"
resource = "reminders"
reason = "A partner's system without access to our key puts messages into it; they hold no data."
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bounded_context.domain.spelling import either
from bounded_context_infra.configuration.project import ProjectError

from ..programs.pulumi_files import nearest
from .policy import Policy, Violation

RENAMED: Final = {
    "alarms-say-what-to-do": "alarms-name-runbooks",
    "alarms-tell-somebody": "alarms-have-recipients",
    "aliases-are-the-rollouts": "rollouts-control-aliases",
    "data-survives": "data-is-protected",
    "dead-letters-are-kept": "dead-letters-are-retained",
    "failed-messages-have-time-left": "dead-letters-outlive-messages",
    "failures-are-partial": "batches-report-failed-items",
    "functions-are-released": "functions-have-deployment-groups",
    "functions-fail-loudly": "functions-have-error-alarms",
    "messages-stay-invisible": "visibility-timeouts-are-long-enough",
    "no-permission-is-a-wildcard": "permissions-name-actions",
    "nobody-at-large-comes-in": "resource-policies-are-not-public",
    "permissions-are-written-here": "roles-have-no-aws-managed-policies",
    "policies-fit": "role-policies-fit-the-quota",
    "routes-ask-who-calls": "routes-authenticate-callers",
    "somebody-is-told-of-dead-letters": "dead-letters-have-alarms",
    "tables-refuse-deletion": "tables-have-deletion-protection",
}


_KEYS: Final = ("policy", "resource", "reason")
_WORDS: Final = 3
"""The minimum words of a reason, which must be a sentence."""


class BadWaiver(ProjectError):
    """The error for an incomplete or invalid waiver; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Waiver:
    """The waiver of a policy for a resource, by the resource's name in the program, with the reason."""

    policy: str
    resource: str
    reason: str

    def is_for(self, policy: Policy, violation: Violation) -> bool:
        """Return whether this waiver covers a violation."""
        return (self.policy, self.resource) == (policy.name, violation.resource)

    def __str__(self) -> str:
        return f"The waiver of {self.policy} for {self.resource}"


@dataclass(frozen=True)
class Judged:
    """The result of a policy: its violations, and its waived violations."""

    policy: Policy
    violations: tuple[Violation, ...]
    waived: tuple[tuple[Violation, Waiver], ...]


def waivers(settings: Mapping[str, Any], known: Iterable[Policy]) -> tuple[Waiver, ...]:
    """Return the waivers in a repository's `[tool.bounded-context]`.

    Args:
        settings: that table.
        known: all policies.

    Raises:
        BadWaiver: a waiver lacks its reason, has unknown keys, or names an unknown policy.
    """
    names = {policy.name for policy in known}
    tables = settings.get("waivers", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadWaiver(
            "The waivers in pyproject.toml are not a list: write [[tool.bounded-context.waivers]] over each."
        )
    return tuple(_waiver(number, table, names) for number, table in enumerate(tables, 1))


def judged(
    policies: Iterable[Policy],
    violations_of: Callable[[Policy], Iterable[Violation]],
    waived: Sequence[Waiver],
    stack: str,
) -> tuple[Judged, ...]:
    """Return the result of each policy that applies to a stack.

    Args:
        policies: the policies to check.
        violations_of: yields the violations of a policy.
        waived: the repository's waivers.
        stack: the stack's name.
    """
    return tuple(_judge(policy, violations_of(policy), waived) for policy in policies if policy.holds_in(stack))


def needless(waived: Iterable[Waiver], results: Iterable[Judged]) -> Iterator[str]:
    """Yield a sentence for each waiver that covers no violation."""
    needed = {waiver for result in results for _, waiver in result.waived}
    for waiver in waived:
        if waiver not in needed:
            yield f"{waiver} is no longer needed: remove it from pyproject.toml."


def _judge(policy: Policy, violations: Iterable[Violation], waived: Sequence[Waiver]) -> Judged:
    pairs = [
        (violation, next((waiver for waiver in waived if waiver.is_for(policy, violation)), None))
        for violation in violations
    ]
    return Judged(
        policy,
        tuple(violation for violation, waiver in pairs if waiver is None),
        tuple((violation, waiver) for violation, waiver in pairs if waiver is not None),
    )


def _waiver(number: int, table: Mapping[str, Any], names: set[str]) -> Waiver:
    policy, resource, reason = (str(table.get(key, "")).strip() for key in _KEYS)
    policy = RENAMED.get(policy, policy)
    place = f"Waiver {number} in pyproject.toml"
    if policy not in names:
        choice = nearest(policy, names) or either(sorted(names))
        raise BadWaiver(f"{place} is of {policy!r}, which is not a policy: write {choice}.")
    if not resource or "*" in resource:
        raise BadWaiver(f"{place}, of {policy}, names no resource: write the name of a resource in the program.")
    if len(reason.split()) < _WORDS:
        raise BadWaiver(f"{place}, of {policy} for {resource}, gives no reason: write one as a sentence.")
    if more := sorted(set(table) - set(_KEYS)):
        fault = f"has the unknown key {', '.join(more)}: write only policy, resource and reason."
        raise BadWaiver(f"{place}, of {policy} for {resource}, {fault}")
    return Waiver(policy, resource, reason)
