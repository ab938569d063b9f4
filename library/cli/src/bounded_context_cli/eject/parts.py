"""The parts of the library that a repository may own, and their code in the repository.

A part's name is that of the command line: `workflow`, `step import_list`, `component Table`.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from bounded_context.declaration.entry_points import STEPS
from bounded_context.declaration.structure import LIST_STEPS
from bounded_context_infra.configuration.list_workflow import ORIGINAL, list_workflow
from bounded_context_infra.configuration.project import Project

OF_STEPS: Final = Path(str(files("bounded_context"))) / "handlers" / "list_steps.py"
_INFRA: Final = "bounded_context_infra"
_COMPONENTS: Final = Path(str(files(_INFRA)))


@dataclass(frozen=True)
class Part:
    """A part: its original in the library, and the repository's file, in which `code` has the place of the original.

    `function` is the name of a step, which shares its file with other functions.
    """

    name: str
    original: str
    code: str
    path: Path
    function: str = ""

    @property
    def digest(self) -> str:
        """The digest of the original, which `[tool.bounded-context.ejected]` in pyproject.toml records."""
        return hashlib.sha256(self.original.encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """The part's line in `[tool.bounded-context.ejected]`."""
        return f'"{self.name}" = "{self.digest}"'

    @property
    def own(self) -> str | None:
        """The repository's code of the part; None without it."""
        text = self.path.read_text(encoding="utf-8") if self.path.is_file() else None
        return function_of(text, self.function) if text is not None and self.function else text


def parts(project: Project) -> Mapping[str, Part]:
    """Return the parts that a repository may own, by name: components are those that its program imports."""
    found = [*_components(project)]
    if project.context.has_lists:
        original = ORIGINAL.read_text(encoding="utf-8")
        workflow = Part("workflow", original, list_workflow(project.context), project.workflow)
        found = [workflow, *(_step(project, step) for step in LIST_STEPS), *found]
    return {part.name: part for part in found}


def _step(project: Project, name: str) -> Part:
    original = function_of(OF_STEPS.read_text(encoding="utf-8"), name) or ""
    code = original.replace("@_step(", f"@step({constant(project)}, ", 1)
    return Part(f"step {name}", original, code, project.sources / f"{STEPS}.py", name)


def _components(project: Project) -> Iterator[Part]:
    modules = {name: module for module, name in _imported(_COMPONENTS / "public.py", "components.")}
    for source, name in _imported(project.service / "__main__.py", ""):
        module = modules.get(name, "").rpartition(".")[2]
        if module and source in (_INFRA, module):
            text = (_COMPONENTS / "components" / f"{module}.py").read_text(encoding="utf-8")
            yield Part(f"component {name}", text, text, project.service / f"{module}.py")


def _imported(path: Path, start: str) -> Iterator[tuple[str, str]]:
    """Yield the module and the name of each import from a module whose name has the start."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(start):
            yield from ((node.module or "", alias.name) for alias in node.names)


def function_of(text: str, name: str) -> str | None:
    """Return the source of a function of a module, with its decorators; None without the function."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            first = min(node.lineno, *(decorator.lineno for decorator in (*node.decorator_list, node)))
            return "".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno])
    return None


def constant(project: Project) -> str:
    """Return the name of the constant with the context."""
    return str(project.settings["context"]).partition(":")[2]
