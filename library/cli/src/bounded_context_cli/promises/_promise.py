"""The type of a promise, and the repository that it checks."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import STEPS
from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.project import Project, current

from ..contracts.compatibility import declaration_file
from ..policies import POLICIES, BadWaiver, Waiver, waivers
from ..policies import PRODUCTION as STACK
from ..programs import Graph
from ..programs.recording import run, service
from ..programs.stack_settings import delivery, run_delivery

_ENTRY_POINT: Final = re.compile(r"^(def lambda_handler\b|lambda_handler =)", re.MULTILINE)


_STATE: Final = re.compile(r"The state (\w+) of ")
_FIELD: Final = re.compile(r"(\w+) .*: (?:give it a default|keep the|write `).*what-would-break")


@dataclass(frozen=True)
class Repository:
    """A repository of a context: its folders, its declaration, and the recorded graphs of its programs."""

    project: Project

    @property
    def context(self) -> Context[Any]:
        """The declared context."""
        return self.project.context

    @cached_property
    def graph(self) -> Graph:
        """The recorded graph of the service's stack ``prod``."""
        return run(STACK)

    @cached_property
    def graphs(self) -> Mapping[str, Graph]:
        """The recorded graph of each stack of the service and the pipeline, by program and stack (``service prod``)."""
        stacks = {f"service {stack}": self.graph if stack == STACK else run(stack) for stack in service().stacks()}
        return {**stacks, **{f"pipeline {stack}": run_delivery(stack) for stack in delivery().stacks()}}

    @cached_property
    def held(self) -> tuple[Graph, ...]:
        """The graphs that the policies apply to: production of the service, and the pipeline."""
        return (self.graph, *map(run_delivery, delivery().stacks()))

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers of the policies; empty if a waiver is malformed, which another promise reports."""
        try:
            return waivers(self.project.settings, POLICIES)
        except BadWaiver:
            return ()

    def place(self, function: Callable[..., Any]) -> str:
        """Return the file and line of a function of the repository, or the declaration's file for other callables."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None or not Path(code.co_filename).is_relative_to(self.project.root):
            return declaration_file(self.context)
        return f"{Path(code.co_filename).relative_to(self.project.root)}:{code.co_firstlineno}"

    def handler(self, function: str) -> object:
        """Return the entry point in the repository that a deployed function names, or None."""
        for node in self.graph.of("lambda/function"):
            if node.name == kebab(function) and str(node.inputs["handler"]).startswith(f"{self.context.name}."):
                return resolved(str(node.inputs["handler"]))
        return None

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps in ``list_steps.py``."""
        handlers = ((step, resolved(f"{self.context.name}.{STEPS}.{step}")) for step in self.context.steps)
        return tuple(step for step, handler in handlers if handler is not None)

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The names of the package's modules that define a ``lambda_handler``."""
        sources = self.project.sources
        paths = (path for path in sources.rglob("*.py") if _ENTRY_POINT.search(path.read_text(encoding="utf-8")))
        return tuple(sorted(".".join(path.relative_to(sources.parent).with_suffix("").parts) for path in paths))

    def line_of_workflow(self, name: str) -> str:
        """Return the line of a state in the repository's own list workflow, as the beginning of a sentence.

        A name that no state has is on the first line that mentions it.
        """
        file = self.project.workflow
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        place = f"{file.parent.name}/{file.name}"
        texts = (f'"{name}": {{', f'"{name}"')
        numbers = (number for text in texts for number, line in enumerate(lines, 1) if text in line)
        return next((f"{place}:{number}: " for number in numbers), "")


def resolved(name: str) -> object:
    """Return the object of a dotted name, or None if there is none."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        return None


@cache
def repository() -> Repository:
    """Return the repository of the current folder. Raises NoProject."""
    return Repository(current())


Check = Callable[[Repository], Iterator[str]]


def _placed(where: Repository, sentence: str) -> str:
    """Return a sentence about a state or a field after its line, if the repository has the definition."""
    if match := _STATE.match(sentence):
        return f"{where.line_of_workflow(match[1])}{sentence}"
    if match := _FIELD.match(sentence):
        models = (where.context.details, where.context.state)
        # A field that is gone was in the class of the details.
        for model, start in [
            *((model, f"{match[1]}: ") for model in models),
            (models[0], f"class {models[0].__name__}("),
        ]:
            file = Path(sys.modules[model.__module__].__file__ or "")
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if line.strip().startswith(start) and file.is_relative_to(where.project.root):
                    return f"{file.relative_to(where.project.root)}:{number}: {sentence}"
    return sentence


@dataclass(frozen=True)
class Promise:
    """A promise: ``sentence`` states the property, ``check`` yields a sentence for each breach."""

    name: str
    sentence: str
    check: Check

    @classmethod
    def made_of(cls, check: Check) -> Self:
        """Return the promise whose sentence is the check's docstring."""
        sentence = (check.__doc__ or "").strip().splitlines()[0].rstrip(".")
        return cls(check.__name__.replace("_", "-"), sentence, check)

    def breaches(self, where: Repository) -> list[str]:
        """Return a sorted sentence for each breach, with its remedy."""
        return sorted(_placed(where, sentence) for sentence in self.check(where))

    def __str__(self) -> str:
        return self.sentence
