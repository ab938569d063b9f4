"""Selection of the tests that changed files can break, by imports and fixtures. In doubt, all tests run."""

import ast
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from time import sleep
from typing import Any, Final

import grimp
from grimp.exceptions import GrimpException

from bounded_context_infra.configuration.project import Project

from ..programs import LEAVE_OUT_PROGRAM


class Reads(Enum):
    """A test's dependencies besides its imports."""

    NOTHING = "nothing"
    PROGRAM = "what the program registers"
    ANYTHING = "anything"


_FIXTURES: Final = frozenset({"monkeypatch", "caplog", "capsys", "request"})
"""Fixtures of pytest that do not read the repository."""

_PLAIN: Final = frozenset(
    {
        *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools", "math"),
        *("hypothesis", "json", "operator", "pytest", "random", "re", "string", "typing", "uuid"),
        *("bounded_context", "bounded_context.testing"),
    }
)
"""Modules that neither open files nor import modules by name."""

_IN_MEMORY: Final = "InMemory"
_TEST_PROGRAM: Final = frozenset({"bounded_context_cli.testing.graph"})


def reads(test: Path, packages: frozenset[str]) -> Reads:
    """Return a test module's dependencies besides `packages`, the repository's packages, which the graph covers.

    Raises SyntaxError if the file is not Python.
    """
    tree = ast.parse(test.read_text(encoding="utf-8"))
    strange = {name for name in _imported(tree) if name.split(".")[0] not in packages and not _plain(name)}
    if _fixtures(tree) or strange - _TEST_PROGRAM:
        return Reads.ANYTHING
    return Reads.PROGRAM if strange else Reads.NOTHING


def _plain(name: str) -> bool:
    return name in _PLAIN or (name.split(".")[0] in _PLAIN and not name.startswith("bounded_context"))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the imported modules. Names from `bounded_context.testing` are added, except stand-ins and samples."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from {_of(node.module or "", alias.name) for alias in node.names}


def _of(module: str, name: str) -> str:
    harmless = name.startswith(_IN_MEMORY) or name in {"KNOWN", "Samples"}
    return f"{module}.{name}" if module == "bounded_context.testing" and not harmless else module


def _fixtures(tree: ast.Module) -> set[str]:
    """Return the fixtures that tests request from outside this module, without parameters and harmless fixtures."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    known = {function.name for function in functions if function.decorator_list} | _parameters(tree) | _FIXTURES
    requesting = [function for function in functions if function.name.startswith("test") or function.decorator_list]
    arguments = {argument.arg for function in requesting for argument in function.args.args}
    return arguments - {"self"} - known


def _parameters(tree: ast.AST) -> set[str]:
    """Return the names of `parametrize`'s parameters. Hypothesis's parameters are not considered."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    marks = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "parametrize"]
    texts = [str(mark.value) for mark in marks if isinstance(mark, ast.Constant)]
    return {name.strip() for names in texts for name in names.split(",")}


LEAVE_OUT_PROMISES: Final = "--leave-out-promises"
"""The option of the plugin that skips all promises."""

OWN_PROMISES: Final = "tests/test_promises.py"
"""The file by which a repository tests the promises itself, instead of the plugin. Older repositories have it."""


_PROGRAM: Final = ("infra/", "workflow/")
_DOCUMENTS: Final = ("docs/", "events/", "released/", "README.md", "AGENTS.md", "catalog-info.yaml")
"""Files that the Pulumi programs do not read."""


@dataclass(frozen=True)
class Selection:
    """The test files that a check skips, and whether it runs the promises."""

    left_out: tuple[str, ...] = ()
    program: bool = True
    """Whether the check runs the promises about the programs' resources."""
    tests: bool = True
    """Whether any test or promise remains."""
    promises: bool = True
    """Whether the check runs the promises that the library's pytest plugin collects."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments for pytest."""
        return (*(f"--ignore={file}" for file in self.left_out), *(option for option, _ in self._of_promises()))

    def _of_promises(self) -> Iterator[tuple[str, str]]:
        """Yield the option that leaves out promises, and their name."""
        if not self.promises:
            yield LEAVE_OUT_PROMISES, "the promises"
        elif not self.program:
            yield LEAVE_OUT_PROGRAM, "the promises about what the programs register"

    def __str__(self) -> str:
        names = [*self.left_out, *(name for _, name in self._of_promises())]
        return f"Left out, since the changes cannot break it: {', '.join(names)}." if names else "Nothing is left out."


def selected(project: Project, files: Sequence[str]) -> Selection:
    """Return the tests to skip after changes of the given files; paths are relative to the repository's root."""
    try:
        touched = [_Touched.by(project.root, file) for file in files]
        tests = _Tests(project)
        return tests.selection(touched)
    except (_InDoubt, GrimpException, SyntaxError):
        return Selection()


class _InDoubt(Exception):
    """The error for a changed file on which any test may depend."""


@dataclass(frozen=True)
class _Touched:
    """A changed file: its module name, or None, and whether the Pulumi programs read it."""

    module: str | None = None
    program: bool = False

    @classmethod
    def by(cls, root: Path, file: str) -> "_Touched":
        """Classify a changed file. Raises _InDoubt if its readers are unknown."""
        path = PurePosixPath(file)
        if path.suffix == ".py" and path.parts[0] in ("src", "infra", "tests"):
            return cls.python(root, path)
        if file.startswith(_PROGRAM):
            return cls(program=True)
        if file.startswith(_DOCUMENTS):
            return cls()
        raise _InDoubt

    @classmethod
    def python(cls, root: Path, path: PurePosixPath) -> "_Touched":
        """Classify a Python file. Raises _InDoubt for a deleted module, whose importers are unknown, and a conftest."""
        if path.name == "conftest.py" or not (root / path).exists():
            raise _InDoubt
        parts = path.parts[1:] if path.parts[0] == "src" else path.parts
        names = [*parts[:-1], *([] if path.stem == "__init__" else [path.stem])]
        return cls(".".join(names), program=path.parts[0] == "infra")


class _Tests:
    """The test files of a repository, and their dependencies."""

    def __init__(self, project: Project) -> None:
        reference = str(project.settings.get("context", ""))
        self.packages = (reference.split(".", 1)[0], "infra", "tests")
        self.graph: Any = grimp.build_graph(*self.packages, cache_dir=None)
        modules = [name for name in self.graph.modules if name.startswith("tests.")]
        self.files = {name: f"{name.replace('.', '/')}.py" for name in modules}
        self.root = project.root

    def selection(self, touched: Sequence[_Touched]) -> Selection:
        """Return the tests that these files cannot break."""
        modules = [file.module for file in touched if file.module]
        if not self.graph.modules.issuperset(modules):
            raise _InDoubt
        reached = {name for module in modules for name in (module, *self.graph.find_downstream_modules(module))}
        program = any(file.program for file in touched) or any(name.startswith("infra") for name in reached)
        only_tests = all(name.startswith("tests.") for name in modules) and len(modules) == len(touched)
        needed = {name for name in self.files if name in reached or self._reads(name, program, only_tests)}
        tests = {name: file for name, file in self.files.items() if self._is_test(file)}
        left_out = sorted(file for name, file in tests.items() if name not in needed)
        of_program = program or any(self._reads_of(name) is not Reads.NOTHING for name in modules if name in self.files)
        by_plugin = OWN_PROMISES not in tests.values()
        remains = len(left_out) < len(tests) or (by_plugin and not only_tests)
        return Selection(tuple(left_out), of_program, remains, promises=not (by_plugin and only_tests))

    def _reads(self, name: str, program: bool, only_tests: bool) -> bool:
        """Return whether a test depends on a change without importing it. Changes of tests only matter by imports."""
        if only_tests:
            return False
        imported = {name, *self.graph.find_upstream_modules(name)}
        kinds = {self._reads_of(module) for module in imported if module in self.files}
        of_program = Reads.PROGRAM in kinds or any(module.startswith("infra") for module in imported)
        return Reads.ANYTHING in kinds or (program and of_program)

    def _reads_of(self, name: str) -> Reads:
        """Return the dependencies of a test module besides its imports; a package without a file has none."""
        file = self.root / self.files[name]
        return reads(file, frozenset(self.packages)) if file.exists() else Reads.NOTHING

    def _is_test(self, file: str) -> bool:
        path = self.root / file
        return path.name.startswith("test_") and path.exists() and "e2e" not in path.parts


PAUSE: Final = 0.5
"""Seconds between two comparisons, less than the change from an editor to a terminal takes."""


_REMEDY: Final = "commit the repository with git, or run `context check` without an option."


class NoHistory(RuntimeError):
    """The error if git cannot list the changes; the message has the reason."""


def changed(root: Path) -> tuple[str, ...]:
    """Return the files that differ from the last commit, with new and deleted files, as paths from `root`.

    Raises:
        NoHistory: `root` is not in a git repository, or the repository has no commit.
    """
    against = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD")
    return tuple(sorted({*against, *_git(root, "ls-files", "--others", "--exclude-standard", "-z")}))


def saves(root: Path) -> Iterator[None]:
    """Yield at once, and again after each change of files: written, created or deleted. Raises NoHistory."""
    before: Mapping[str, int] | None = None
    while True:
        if (times := _times(root)) != before:
            before = times
            yield
        else:
            sleep(PAUSE)


def _times(root: Path) -> Mapping[str, int]:
    """Return the modification time of each tracked or not ignored file, in nanoseconds since 1970."""
    times: dict[str, int] = {}
    for name in _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"):
        try:
            times[name] = (root / name).stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return times


def _git(root: Path, *arguments: str) -> tuple[str, ...]:
    try:
        process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise NoHistory(f"git does not start: {error}: {_REMEDY}") from error
    if process.returncode:
        first, *_ = process.stderr.strip().splitlines() or [""]  # outside of a repository, git adds its usage
        raise NoHistory(f"git cannot list the changes in {root}: {first}: {_REMEDY}")
    return tuple(name for name in process.stdout.split("\0") if name)
