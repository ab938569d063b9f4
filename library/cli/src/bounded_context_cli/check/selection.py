"""Selection of the tests that changed files can break. In doubt, all tests run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import grimp
from grimp.exceptions import GrimpException

from bounded_context_infra.configuration.project import Project

from .options import LEAVE_OUT_PROGRAM, LEAVE_OUT_PROMISES, OWN_PROMISES
from .reading import Reads, reads

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
        of_program = program or any(self._found(name) is not Reads.NOTHING for name in modules if name in self.files)
        by_plugin = OWN_PROMISES not in tests.values()
        remains = len(left_out) < len(tests) or (by_plugin and not only_tests)
        return Selection(tuple(left_out), of_program, remains, promises=not (by_plugin and only_tests))

    def _reads(self, name: str, program: bool, only_tests: bool) -> bool:
        """Return whether a test depends on a change without importing it. Changes of tests only matter by imports."""
        if only_tests:
            return False
        imported = {name, *self.graph.find_upstream_modules(name)}
        found = {self._found(module) for module in imported if module in self.files}
        of_program = Reads.PROGRAM in found or any(module.startswith("infra") for module in imported)
        return Reads.ANYTHING in found or (program and of_program)

    def _found(self, name: str) -> Reads:
        """Return the dependencies of a test module besides its imports; a package without a file has none."""
        file = self.root / self.files[name]
        return reads(file, frozenset(self.packages)) if file.exists() else Reads.NOTHING

    def _is_test(self, file: str) -> bool:
        path = self.root / file
        return path.name.startswith("test_") and path.exists() and "e2e" not in path.parts
