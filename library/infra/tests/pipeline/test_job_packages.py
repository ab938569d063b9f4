"""The packages that each job of the pipeline and of GitHub's workflows installs.

A job has the packages of its commands. A job without tests has no packages of tests.
"""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from sys import stdlib_module_names
from typing import Any, Final

import grimp
import pytest
import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bounded_context_cli.command.commands import GROUPS
from tests.pull_requests import workflows

from .shell import ROOT, STEPS, buildspec, commands

OF_TESTS: Final = frozenset({"asyncssh", "moto", "pytest", "ruff"})
"""Packages of checks and of the local run."""

WITH_TESTS: Final = frozenset({"build", "check/check"})
"""The jobs that run `context check`."""

PACKAGES: Final = tuple(
    f"bounded_context{end}" for end in ("", "_cli", "_infra", "_lab", "_local", "_operations", "_platform")
)
ENTRIES: Final = {name: entry for entries in GROUPS.values() for name, entry in entries.items()}
_CALLS: Final = re.compile(r"\buv (sync|run context)((?: [\w-]+)*)")
_MODULES: Final = packages_distributions()


@dataclass(frozen=True)
class Job:
    """The commands of a job, its variables, and whether it runs tests."""

    commands: tuple[str, ...]
    variables: Mapping[str, str]
    tests: bool

    def calls(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the calls of uv: `sync` and its options, or `run context` and its words."""
        for call in _CALLS.finditer("\n".join(self.commands)):
            yield call[1], call[2].split()


def _jobs() -> Iterator[tuple[str, Job]]:
    for name, spec in ((step, buildspec(step)) for step in STEPS):
        variables = spec.get("env", {}).get("variables", {})
        yield name, Job(tuple(commands(spec)), variables, name in WITH_TESTS)
    for path in workflows.WORKFLOWS:
        shared = workflows.read(path).get("env", {})
        for name, job in ((name, job) for name, job in workflows.jobs() if name.startswith(f"{path.stem}/")):
            lines = tuple(step["run"] for step in workflows.steps(job) if "run" in step)
            yield name, Job(lines, {**shared, **job.get("env", {})}, name in WITH_TESTS)


JOBS: Final = dict(_jobs())


@cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph(
        *PACKAGES, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


@dataclass(frozen=True)
class Sources:
    """The files that determine the packages: the repository's project, the distributions' requirements, the imports."""

    project: dict[str, Any]
    requirements: Callable[[str], Iterable[str]]
    imports: grimp.ImportGraph

    def installed(self, job: Job) -> set[str]:
        """Infer the packages of a job.

        `uv sync` makes the environment exact, and `uv run` adds the default groups (uv, "Locking and syncing"). Pulumi
        runs `uv sync --inexact` before a program (pulumi 3.274.1, python/toolchain/uv.go, Command), so UV_NO_SYNC does
        not prevent the default groups.
        """
        default = set[str]() if job.variables.get("UV_NO_DEFAULT_GROUPS") == "1" else {"dev"}
        groups = set[str]()
        for command, words in job.calls():
            groups = default | (_groups(words) if command == "sync" else groups)
        own = self.project["project"]["dependencies"]
        return self._closure([*own, *(package for group in groups for package in self._group(group))])

    def needed(self, job: Job) -> set[str]:
        """Return the packages that the project's build and the commands of a job import."""
        modules = {name for command, words in job.calls() if command != "sync" for name in self._modules(words[0])}
        build = {canonicalize_name(Requirement(text).name) for text in self.project["build-system"]["requires"]}
        return build | {_distribution(module.partition(".")[0]) for module in modules}

    def _modules(self, command: str) -> set[str]:
        own = ENTRIES[command].module
        modules = {own, *self.imports.find_upstream_modules(own)}
        return {module for module in modules if module.partition(".")[0] not in stdlib_module_names}

    def _group(self, name: str) -> Iterator[str]:
        for member in self.project["dependency-groups"][name]:
            yield from [member] if isinstance(member, str) else self._group(member["include-group"])

    def _closure(self, texts: Iterable[str]) -> set[str]:
        waiting, names = [Requirement(text) for text in texts], set[tuple[str, str]]()
        while waiting:
            wanted = waiting.pop()
            for extra in {"", *wanted.extras} - {extra for name, extra in names if name == wanted.name}:
                names.add((wanted.name, extra))
                inner = [Requirement(text) for text in self.requirements(wanted.name)]
                waiting += [
                    requirement
                    for requirement in inner
                    if requirement.marker is None or requirement.marker.evaluate({"extra": extra})
                ]
        return {canonicalize_name(name) for name, _ in names}


def _groups(words: list[str]) -> set[str]:
    """Return the groups of a sync. Another option than these is an error, since it may change the packages."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--group", action="append", default=[])
    return set(parser.parse_args(words).group)


def _distribution(package: str) -> str:
    return canonicalize_name(_MODULES.get(package, [package])[0])


@cache
def _requirements(name: str) -> tuple[str, ...]:
    with suppress(PackageNotFoundError):  # Of another platform, or in `exclude-dependencies`.
        return tuple(requires(name) or ())
    return ()


SOURCES: Final = Sources(tomlkit.parse((ROOT / "pyproject.toml").read_text()).unwrap(), _requirements, _imports())


def faults(job: Job, sources: Sources = SOURCES) -> set[str]:
    """Return the missing packages, each after a minus, and packages of tests in a job without tests, after a plus."""
    installed, needed = sources.installed(job), sources.needed(job)
    missing = (needed | OF_TESTS if job.tests else needed) - installed
    return {f"-{name}" for name in missing} | {f"+{name}" for name in OF_TESTS & installed if not job.tests}


@pytest.mark.parametrize("name", JOBS)
def test_a_job_installs_the_packages_of_its_commands_and_no_others(name: str) -> None:
    assert faults(JOBS[name]) == set()


def _variables(**variables: str) -> Callable[[Job], Job]:
    return lambda job: replace(job, variables=variables)


def _lines(before: str, after: str) -> Callable[[Job], Job]:
    return lambda job: replace(job, commands=tuple(line.replace(before, after) for line in job.commands))


def _group(*members: str) -> Sources:
    groups = SOURCES.project["dependency-groups"]
    return replace(SOURCES, project={**SOURCES.project, "dependency-groups": {**groups, "deploy": [*members]}})


def _requiring(name: str, *texts: str) -> Sources:
    return replace(
        SOURCES,
        requirements=lambda distribution: (*_requirements(distribution), *(texts if distribution == name else ())),
    )


def _importing(importer: str, imported: str) -> Sources:
    graph = deepcopy(SOURCES.imports)
    assert importer in graph.modules
    graph.add_import(importer=importer, imported=imported)
    return replace(SOURCES, imports=graph)


CLI, INFRA, OPERATIONS, PLATFORM, LOCAL = (
    f"bounded-context-{name}" for name in ("cli", "infra", "operations", "platform", "local")
)
SYNC: Final = "uv sync --quiet --group deploy"
JOB_PLANTS: Final = [
    ("preview", _variables(), "+moto"),
    ("deploy", _variables(UV_NO_SYNC="1"), "+ruff"),
    ("build", _variables(UV_NO_DEFAULT_GROUPS="1"), "-pytest"),
    ("preview/sweep", _lines(SYNC, "uv sync --quiet"), f"-{PLATFORM}"),
    ("preview/comment", _lines(SYNC, f"{SYNC} --group dev"), "+asyncssh"),
    ("smoke", _lines("step smoke", "check"), "-grimp"),
    ("shift", _lines("context rollout", "context rehearse"), f"-{LOCAL}"),
]
SOURCE_PLANTS: Final = [
    ("deploy", _group(CLI, INFRA, OPERATIONS, PLATFORM, LOCAL), "+asyncssh"),
    ("preview/stack", _group(CLI, INFRA), f"-{PLATFORM}"),
    ("preview", _group(f"{CLI}[check]", INFRA, OPERATIONS, PLATFORM), "+pytest"),
    ("deploy", _group(CLI, INFRA), f"-{OPERATIONS}"),
    ("smoke", _requiring("boto3", "moto"), "+moto"),
    ("smoke", replace(SOURCES, project={**SOURCES.project, "build-system": {"requires": ["flit_core"]}}), "-flit-core"),
    ("shift", _importing("bounded_context_operations.release.rollout.status", "hypothesis"), "-hypothesis"),
]


@pytest.mark.parametrize(("name", "plant", "fault"), JOB_PLANTS)
def test_a_planted_fault_of_a_job_is_detected(name: str, plant: Callable[[Job], Job], fault: str) -> None:
    assert fault in faults(plant(JOBS[name]))


@pytest.mark.parametrize(("name", "planted", "fault"), SOURCE_PLANTS)
def test_a_planted_fault_of_the_packages_is_detected(name: str, planted: Sources, fault: str) -> None:
    assert fault in faults(JOBS[name], planted)
