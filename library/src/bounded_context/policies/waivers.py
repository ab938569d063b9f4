"""What a repository leaves out of the policies, each with its reason, in its `pyproject.toml`::

[[tool.bounded-context.waivers]]
policy = "data-is-encrypted"
resource = "reminders"
reason = "A partner's system without access to our key puts messages into it; they hold no data."
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from ..project import ProjectError
from ..words import either
from ._policy import Policy, Violation

_KEYS: Final = ("policy", "resource", "reason")
_WORDS: Final = 3
"""A reason is a sentence, and no sentence is shorter."""


class BadWaiver(ProjectError):
    """A waiver says too little, or what means nothing; the message is one sentence that says what to write."""


@dataclass(frozen=True)
class Waiver:
    """One policy for one resource, by its name in the program, and why it need not keep it."""

    policy: str
    resource: str
    reason: str

    def is_for(self, policy: Policy, violation: Violation) -> bool:
        """Whether it is this that it waives."""
        return (self.policy, self.resource) == (policy.name, violation.resource)

    def __str__(self) -> str:
        return f"The waiver of {self.policy} for {self.resource}"


@dataclass(frozen=True)
class Judged:
    """What became of a policy: what breaks it, and what breaks it for a reason."""

    policy: Policy
    violations: tuple[Violation, ...]
    waived: tuple[tuple[Violation, Waiver], ...]


def waivers(settings: Mapping[str, Any], known: Iterable[Policy]) -> tuple[Waiver, ...]:
    """Return the waivers of a repository's `[tool.bounded-context]`.

    Args:
        settings: that table.
        known: the policies that there are.

    Raises:
        BadWaiver: one lacks its reason, has something else beside, or is of no policy that there is.
    """
    names = {policy.name for policy in known}
    said = settings.get("waivers", [])
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise BadWaiver(
            "The waivers in pyproject.toml are not a list: write [[tool.bounded-context.waivers]] over each."
        )
    return tuple(_waiver(number, one, names) for number, one in enumerate(said, 1))


def judged(
    policies: Iterable[Policy],
    found: Callable[[Policy], Iterable[Violation]],
    waived: Sequence[Waiver],
    stack: str,
) -> tuple[Judged, ...]:
    """Return what becomes of each policy that holds in a stack.

    Args:
        policies: those to be judged.
        found: yields what breaks one.
        waived: what is left out of them.
        stack: the stack's name.
    """
    return tuple(_judged(policy, found(policy), waived) for policy in policies if policy.holds_in(stack))


def needless(waived: Iterable[Waiver], found: Iterable[Judged]) -> Iterator[str]:
    """Yield a sentence for each waiver that waives nothing any more."""
    needed = {waiver for one in found for _, waiver in one.waived}
    for waiver in waived:
        if waiver not in needed:
            yield f"{waiver} waives nothing any more: remove it from pyproject.toml."


def _judged(policy: Policy, found: Iterable[Violation], waived: Sequence[Waiver]) -> Judged:
    pairs = [(one, next((waiver for waiver in waived if waiver.is_for(policy, one)), None)) for one in found]
    return Judged(
        policy,
        tuple(one for one, waiver in pairs if waiver is None),
        tuple((one, waiver) for one, waiver in pairs if waiver is not None),
    )


def _waiver(number: int, said: Mapping[str, Any], names: set[str]) -> Waiver:
    policy, resource, reason = (str(said.get(key, "")).strip() for key in _KEYS)
    place = f"Waiver {number} in pyproject.toml"
    if policy not in names:
        meant = get_close_matches(policy, names, 1) or sorted(names)
        raise BadWaiver(f"{place} is of {policy!r}, which is not a policy: write {either(meant)}.")
    if not resource or "*" in resource:
        raise BadWaiver(f"{place}, of {policy}, names no resource: write the name of one as the program has it.")
    if len(reason.split()) < _WORDS:
        raise BadWaiver(f"{place}, of {policy} for {resource}, gives no reason: write one as a sentence.")
    if more := sorted(set(said) - set(_KEYS)):
        raise BadWaiver(f"{place}, of {policy} for {resource}, says {', '.join(more)}: write policy, resource, reason.")
    return Waiver(policy, resource, reason)
