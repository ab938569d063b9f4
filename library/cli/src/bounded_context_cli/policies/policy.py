"""Policies and their violations."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..programs.graph import PRODUCTION, Graph, Node


@dataclass(frozen=True)
class Violation:
    """A resource that violates a policy, and the fault with its remedy: `has no alarm: make an alarm on its errors.`"""

    node: Node
    fault: str

    @property
    def resource(self) -> str:
        """The resource's name in the program."""
        return self.node.name

    @property
    def sentence(self) -> str:
        """The resource's kind and name, the fault and the remedy."""
        return f"{self.node.kind} {self.node.name} {self.fault}"


Check = Callable[[Graph], Iterator[Violation]]


@dataclass(frozen=True)
class Policy:
    """A rule for the resources that a program registers.

    Args:
        name: the stable name for waivers and reports, also if the sentence changes.
        sentence: the rule.
        reason: the consequence of a violation.
        check: yields the violations.
        production: whether the policy only applies to the stack `prod`.
    """

    name: str
    sentence: str
    reason: str
    check: Check
    production: bool = False

    def violations(self, graph: Graph) -> list[Violation]:
        """Return the violations, sorted by sentence."""
        return sorted(self.check(graph), key=lambda violation: violation.sentence)

    def holds_in(self, stack: str) -> bool:
        """Return whether the policy applies to a stack."""
        return not self.production or stack == PRODUCTION


def policy(check: Check, *, production: bool = False) -> Policy:
    """Decorate a check, whose docstring has the policy's sentence in its first line, then the reason.

    Raises TypeError if the docstring has no reason.
    """
    sentence, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
    if not reason:
        raise TypeError(f"{check.__name__} gives no reason: write it below the first line of its docstring.")
    name = check.__name__.replace("_", "-")
    return Policy(name, sentence.rstrip("."), " ".join(reason.split()), check, production)


def production_policy(check: Check) -> Policy:
    """Decorate a check of a policy that only applies to the stack `prod`."""
    return policy(check, production=True)
