"""Judges of a baked repository, in this process: promises, resources, state machine, documents and tests."""

import contextlib
import io
import os
import re
import runpy
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from bounded_context_cli.contracts.openapi.document import document
from bounded_context_cli.programs import Graph
from bounded_context_cli.promises import PROMISES, Repository
from bounded_context_cli.promises._promise import repository
from bounded_context_cli.promises.workflow import repeated_states
from cookiecutter.environment import StrictEnvironment
from cookiecutter.exceptions import FailedHookException

from template.bake import bake

from .declared import declared_faults
from .generator import Answers

_CALLS = Path(__file__).with_name("calls.py")
_SCOPES = (
    "role",
    "functionName",
    "function",
    "apiId",
    "eventBusName",
    "rule",
    "topic",
    "queueUrl",
    "bucket",
    "serverId",
)
_NAMES = (
    "name",
    "alarmName",
    "dashboardName",
    "statementId",
    "policyName",
    "targetId",
    "routeKey",
    "endpoint",
    "endpointId",
)


class Depth(IntEnum):
    """What a judge looks at. Each depth adds to the depth before."""

    DOCUMENTS = 0
    """The bake, its declaration and its documents, without resources."""
    PRODUCTION = 1
    """The resources of production."""
    TESTED = 2
    """The repository's own tests of its rules and lists."""
    STACKS = 3
    """All stacks of the service and of the pipeline."""
    CALLS = 4
    """Each command and query on moto."""


class Unrecorded(Exception):
    """The depth does not reach a graph."""


class Shallow(Repository):
    """A repository of which at most the stack prod of the service is recorded."""

    @cached_property
    def graphs(self) -> Mapping[str, Graph]:
        """The graph of production."""
        return {"service prod": self.graph}

    @cached_property
    def held(self) -> tuple[Graph, ...]:
        """The graph of production."""
        return (self.graph,)


class Documented(Shallow):
    """A repository of which no stack is recorded."""

    @cached_property
    def graph(self) -> Graph:
        """Raise Unrecorded."""
        raise Unrecorded


_REPOSITORIES = (Documented, Shallow, Shallow, Repository, Repository)


def judged(answers: Answers, folder: Path, depth: Depth) -> list[str]:
    """Bake answers into a folder, and return a sentence for each fault."""
    try:
        project = baked(answers, folder)
    except Exception as error:
        return [f"bake: {type(error).__name__}: {error}"]
    os.chdir(project)
    _forget(next((project / "src").iterdir()).name)
    sys.path[:0] = [str(project), str(project / "src")]
    where = _REPOSITORIES[depth](repository().project)
    with patch("bounded_context_cli.contracts.openapi.document", cache(document)):  # two promises compare it
        faults = [fault for name, check in _checks(answers) for fault in _faults(name, where, check)]
    return [*dict.fromkeys(faults), *(_tested(depth) if depth >= Depth.TESTED else [])]


def _forget(package: str) -> None:
    """Forget modules of a package: the template's own package has the name of an accepted context."""
    for name in [*sys.modules]:
        if name.partition(".")[0] == package:
            del sys.modules[name]


def _checks(answers: Answers) -> Iterator[tuple[str, Callable[[Repository], Iterable[str]]]]:
    yield "declaration", lambda where: declared_faults(where.context, answers)
    yield from ((promise.name, promise.breaches) for promise in PROMISES)
    yield "names", lambda where: (fault for graph in where.graphs.values() for fault in same_names(graph))
    yield "definition", definition_faults


def _faults(name: str, where: Repository, check: Callable[[Repository], Iterable[str]]) -> list[str]:
    try:
        return [f"{name}: {fault}" for fault in check(where)]
    except Unrecorded:
        return []
    except Exception as error:  # of a declaration or a program that does not load: each check raises it
        return [f"{type(error).__name__}: {error}"]


def same_names(graph: Graph) -> Iterator[str]:
    """Yield a sentence for two resources of one kind with the same name in the same place."""
    seen: dict[tuple[str, ...], str] = {}
    for node in graph.nodes:
        names = [str(node.inputs[name]) for name in _NAMES if node.inputs.get(name)]
        scope = [str(node.inputs.get(name, "")) for name in _SCOPES]
        if names and seen.setdefault((node.type, *names, *scope), node.urn) != node.urn:
            yield f"{node.urn} has the name {names[0]} of {seen[node.type, *names, *scope]}."


def definition_faults(where: Repository) -> Iterator[str]:
    """Yield a sentence for each repeated state of the definition, which needs no recorded graph."""
    if where.context.has_lists:
        text = where.project.list_workflow(where.context)
        yield from (f"two states {name}" for name, _ in repeated_states(re.sub(r'(?<!")\$\{\w+\}', "0", text)))


def _tested(depth: Depth) -> list[str]:
    """Run the repository's tests of its rules and lists, and with `Depth.CALLS` also each function on moto."""
    names = ("no:cacheprovider", "bounded_context_cli.plugin", "bounded_context_local.testing.plugin")
    plugins = [*(word for name in names for word in ("-p", name)), "--leave-out-promises"]
    files = ["tests/test_rules.py", *(["tests/test_list.py"] if Path("tests/test_list.py").exists() else [])]
    # The first call of a function starts moto.
    selected = ["-k", "not test_the_function"]
    if depth == Depth.CALLS:
        selected = []
        calls = Path("build/test_calls.py")  # the linter leaves this folder out
        calls.parent.mkdir(exist_ok=True)
        calls.write_text(_CALLS.read_text(encoding="utf-8"), encoding="utf-8")
        files.append(str(calls))
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        patch.dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
    ):
        status = pytest.main(["-q", "--no-header", "--tb=short", *plugins, *selected, *files])
    return [f"tests: {output.getvalue()}"] if status else []


_COMPILED: dict[tuple[object, ...], Any] = {}
"""Compiled templates. Forks of a process that has baked once compile none again."""


class _Environment(StrictEnvironment):
    """Cookiecutter's environment, which compiles each template once."""

    def compile(self, *source: Any, **options: Any) -> Any:  # noqa: ANN401 (passed on)
        """Return the compiled template."""
        key = (*source, *sorted(options.items()))
        if key not in _COMPILED:
            _COMPILED[key] = super().compile(*source, **options)
        return _COMPILED[key]


def baked(answers: Answers, folder: Path) -> Path:
    """Bake answers with hooks that run in this process."""
    with patch("cookiecutter.hooks.run_script", _hook), patch("cookiecutter.utils.StrictEnvironment", _Environment):
        return bake(folder, answers)


def _hook(script: str, folder: str) -> None:
    with contextlib.chdir(folder):
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as ended:
            if ended.code:
                raise FailedHookException(str(ended.code)) from ended
