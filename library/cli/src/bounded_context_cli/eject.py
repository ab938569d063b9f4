"""Code of the library that a repository owns: `context eject` writes it, and records the digest of its original.

A part's name is that of the command line: `workflow`, `step import_list`, `component Table`.
"""

import ast
import difflib
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer
from typer import Argument, Option

from bounded_context.declaration.entry_points import STEPS
from bounded_context.declaration.structure import LIST_STEPS
from bounded_context_infra.configuration.project import Project, ProjectError, list_workflow, original_workflow

from .command.installed import repository
from .command.output import refuse, update_file

OF_STEPS: Final = Path(str(files("bounded_context"))) / "handlers" / "list_steps.py"
_INFRA: Final = "bounded_context_infra"
_COMPONENTS: Final = Path(str(files(_INFRA)))


@dataclass(frozen=True)
class LibraryPart:
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


def parts(project: Project) -> Mapping[str, LibraryPart]:
    """Return the parts that a repository may own, by name: components are those that its program imports."""
    library_parts = [*_components(project)]
    if project.context.has_lists:
        original = original_workflow(project.context)
        workflow = LibraryPart("workflow", original, list_workflow(project.context), project.workflow)
        library_parts = [workflow, *(_step(project, step) for step in LIST_STEPS), *library_parts]
    return {part.name: part for part in library_parts}


def _step(project: Project, name: str) -> LibraryPart:
    original = function_of(OF_STEPS.read_text(encoding="utf-8"), name) or ""
    code = original.replace("@_step(", f"@step({constant(project)}, ", 1)
    return LibraryPart(f"step {name}", original, code, project.sources / f"{STEPS}.py", name)


def _components(project: Project) -> Iterator[LibraryPart]:
    modules = {name: module for module, name in _imported(_COMPONENTS / "public.py", "components.")}
    for source, name in _imported(project.service / "__main__.py", ""):
        module = modules.get(name, "").rpartition(".")[2]
        if module and source in (_INFRA, module):
            text = (_COMPONENTS / "components" / f"{module}.py").read_text(encoding="utf-8")
            yield LibraryPart(f"component {name}", text, text, project.service / f"{module}.py")


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


_TABLE: Final = "[tool.bounded-context.ejected]"


class NotEjected(Exception):
    """A part that cannot be ejected. The message is a sentence with the remedy."""


def recorded(path: Path, part: LibraryPart) -> str:
    """Return a pyproject.toml with the digest of a part's original. Raises NotEjected for a table in another form."""
    text = path.read_text(encoding="utf-8")
    before = re.sub(rf'^"{re.escape(part.name)}" *=.*\n', "", text, flags=re.MULTILINE)
    head, separator, rest = before.partition(f"{_TABLE}\n")
    new = f"{head}{_TABLE}\n{part.line}\n{rest}" if separator else f"{before.rstrip()}\n\n{_TABLE}\n{part.line}\n"
    try:
        tomllib.loads(new)
    except ValueError as error:
        raise NotEjected(f"{path.name}: write {_TABLE} as a table, and {part.line} below it ({error}).") from error
    return new


def with_step(path: Path, code: str) -> str:
    """Return a module of list steps with one more function, and with the imports of the library's module."""
    text = path.read_text(encoding="utf-8")
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    imports = [
        f"from bounded_context.{_PUBLIC.get(node.module or '', node.module)} import {', '.join(names)}\n"
        for node in ast.parse(OF_STEPS.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (names := [name.name for name in node.names if name.name in used])
    ]
    lines = text.splitlines(keepends=True)
    last = max((node.end_lineno or 0 for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)), default=0)
    return "".join((*lines[:last], *imports, *lines[last:], "\n\n", code))


_PUBLIC: Final = {"settings": "handlers", "steps": "handlers"}
"""The public modules of names that the library imports from other modules."""


def rewired(path: Path, name: str, module: str) -> str:
    """Return a program that imports a component from a module of its folder."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == "bounded_context_infra":
            moved = [alias for alias in node.names if alias.name == name]
            others = [alias for alias in node.names if alias.name != name]
            new = [ast.ImportFrom(module, moved, 0)] if moved else []
            new += [ast.ImportFrom(node.module, others, 0)] if moved and others else []
            if new:
                statements = "".join(f"{ast.unparse(statement)}\n" for statement in new)
                return "".join((*lines[: node.lineno - 1], statements, *lines[node.end_lineno :]))
    raise NotEjected(f"{path.name} imports no {name} from bounded_context_infra: import {name} from {module}.")


Diff = Annotated[bool, Option("--diff", help="only print how the repository's code differs from the library's")]


def workflow(diff: Diff = False) -> int:
    """Write the library's definition of the list workflow into workflow/, where your file replaces it.

    Examples:
      context eject workflow
      context eject workflow --diff   the changes of yours, and of later versions of the library

    Exit status:
      0  done
      2  refused: the file has code of your own, or the context has no lists
    """
    return _eject("workflow", diff)


def step(name: Annotated[str, Argument(help="the step, such as import_list")], diff: Diff = False) -> int:
    """Write a step of the list workflow into list_steps.py, where your function replaces the library's.

    Examples:
      context eject step import_list
      context eject step import_list --diff

    Exit status:
      0  done
      2  refused: an unknown step, or a function of your own
    """
    return _eject(f"step {name}", diff)


def component(name: Annotated[str, Argument(help="the component, such as Table")], diff: Diff = False) -> int:
    """Write a component that infra/service/__main__.py imports into infra/service/, and import it from there.

    Examples:
      context eject component Table
      context eject component Table --diff

    Exit status:
      0  done; `context preview` shows no change
      2  refused: an unknown component, or a file of your own
    """
    return _eject(f"component {name}", diff)


def _eject(name: str, diff: bool) -> int:
    try:
        project = repository()
        part = _part(project, name)
        if diff:
            typer.echo(_difference(project, part), nl=False)
            return 0
        _write(project, part)
    except (ProjectError, NotEjected) as error:
        return refuse(str(error))
    typer.echo(f"{part.path.relative_to(project.root)} has the {name}. A promise reports later changes in the library.")
    return 0


def _part(project: Project, name: str) -> LibraryPart:
    known = parts(project)
    if name not in known:
        kind = name.partition(" ")[0]
        names = [other for other in known if other.partition(" ")[0] == kind] or [*known]
        raise NotEjected(f"There is no {name}: write `context eject` with one of {', '.join(names)}.")
    return replace(known[name], code=_formatted(known[name].path, known[name].code))


def _difference(project: Project, part: LibraryPart) -> str:
    own, path = part.own or "", str(part.path.relative_to(project.root))
    original, lines = (text.splitlines(keepends=True) for text in (part.code, own))
    return "".join(difflib.unified_diff(original, lines, f"the library's {part.name}", path))


def _write(project: Project, part: LibraryPart) -> None:
    """Write a part, its import and its digest, after all texts are known. Raises NotEjected."""
    if part.own not in (None, part.code):
        path = part.path.relative_to(project.root)
        raise NotEjected(f"{path} has code of your own: `context eject {part.name} --diff` shows it. Remove it first.")
    texts = dict[Path, str]()
    if part.own is None:
        texts[part.path] = with_step(part.path, part.code) if part.function else part.code
        if part.name.startswith("component "):
            program = project.service / "__main__.py"
            texts[program] = rewired(program, part.name.partition(" ")[2], part.path.stem)
    texts[project.root / "pyproject.toml"] = recorded(project.root / "pyproject.toml", part)
    for path, text in texts.items():
        update_file(path, _formatted(path, text))


def _formatted(path: Path, text: str) -> str:
    """Return a module as the repository's ruff formats it; another text as it is."""
    for options in (("check", "--fix", "--exit-zero", "--select", "I"), ("format",)) if path.suffix == ".py" else ():
        command = (sys.executable, "-m", "ruff", *options, "--quiet", "--stdin-filename", str(path), "-")
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return text
