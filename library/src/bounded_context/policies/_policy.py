"""A policy, and what breaks one."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from ..graph import Graph, Node

PRODUCTION: Final = "prod"
"""The stack that is held to all of them: what is in others may be thrown away, and nobody is woken for it."""


@dataclass(frozen=True)
class Violation:
    """A resource that breaks a policy, and a sentence that says what to write."""

    node: Node
    sentence: str

    @property
    def resource(self) -> str:
        """The resource's name in the program."""
        return self.node.name


Check = Callable[[Graph], Iterator[Violation]]


@dataclass(frozen=True)
class Policy:
    """A rule for what a program registers.

    Args:
        name: what waivers and reports call it; it stays, whatever becomes of its sentence.
        sentence: what holds.
        reason: what happens where it does not.
        check: yields what breaks it.
        production: it holds in the stack `prod` alone.
    """

    name: str
    sentence: str
    reason: str
    check: Check
    production: bool = False

    @classmethod
    def made_of(cls, check: Check, *, production: bool = False) -> Self:
        """Return the policy that a check's docstring states: its first line is the sentence, the rest is the reason.

        Raises TypeError if it gives no reason.
        """
        sentence, _, reason = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        if not reason:
            raise TypeError(f"{check.__name__} gives no reason: write it below the first line of its docstring.")
        name = check.__name__.replace("_", "-")
        return cls(name, sentence.rstrip("."), " ".join(reason.split()), check, production)

    def violations(self, graph: Graph) -> list[Violation]:
        """Return what breaks it, in the order of the sentences."""
        return sorted(self.check(graph), key=lambda one: one.sentence)

    def holds_in(self, stack: str) -> bool:
        """Whether a stack is asked to keep it."""
        return not self.production or stack == PRODUCTION

    def __str__(self) -> str:
        return self.sentence


def policies(*checks: Check) -> tuple[Policy, ...]:
    """Return the policies that these checks' docstrings state."""
    return tuple(map(Policy.made_of, checks))
