"""A promise, and what it is checked against."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Self

from ...context import Context
from ...graph import Graph
from ...policies import POLICIES, BadWaiver, Waiver, waivers
from ...policies import PRODUCTION as STACK
from ...project import Project, current
from ..delivery import delivery, run_delivery
from ..graph import run, service


@dataclass(frozen=True)
class Repository:
    """A repository of a context: its folders, what it declares, and what its program registers."""

    project: Project

    @property
    def context(self) -> Context[Any]:
        """The declared context."""
        return self.project.context

    @cached_property
    def graph(self) -> Graph:
        """What the program of the service registers as the stack ``prod``."""
        return run(STACK)

    @cached_property
    def graphs(self) -> Mapping[str, Graph]:
        """What each stack of the service and of the pipeline registers, by the programs' and the stacks' names."""
        stacks = {f"service {stack}": self.graph if stack == STACK else run(stack) for stack in service().stacks()}
        return {**stacks, **{f"pipeline {stack}": run_delivery(stack) for stack in delivery().stacks()}}

    @cached_property
    def held(self) -> tuple[Graph, ...]:
        """What is held to the policies: production of the service, and the pipeline."""
        return (self.graph, *map(run_delivery, delivery().stacks()))

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        """What is left out of the policies; nothing if one of them is not a waiver, which a promise of its own says."""
        try:
            return waivers(self.project.settings, POLICIES)
        except BadWaiver:
            return ()

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The names of the modules in ``handlers/`` that are not helpers."""
        found = (self.project.sources / "handlers").glob("[!_]*.py")
        return tuple(sorted(path.stem for path in found))


@cache
def repository() -> Repository:
    """Return the repository of the current folder. Raises NoProject."""
    return Repository(current())


Check = Callable[[Repository], Iterator[str]]


@dataclass(frozen=True)
class Promise:
    """A promise: ``sentence`` says what it is, ``check`` yields one sentence for each place that breaks it."""

    name: str
    sentence: str
    check: Check

    @classmethod
    def made_of(cls, check: Check) -> Self:
        """Return the promise that a check's docstring makes."""
        sentence = (check.__doc__ or "").strip().splitlines()[0].rstrip(".")
        return cls(check.__name__.replace("_", "-"), sentence, check)

    def breaches(self, where: Repository) -> list[str]:
        """Return what breaks it, each as a sentence that says what to write."""
        return sorted(self.check(where))

    def __str__(self) -> str:
        return self.sentence
