"""`context eject workflow|step|component`: code of the library becomes code of the repository, which owns it."""

import difflib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse, update_file
from .edits import NotEjected, recorded, rewired, with_step
from .parts import Part, parts

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


def _part(project: Project, name: str) -> Part:
    known = parts(project)
    if name not in known:
        kind = name.partition(" ")[0]
        names = [other for other in known if other.partition(" ")[0] == kind] or [*known]
        raise NotEjected(f"There is no {name}: write `context eject` with one of {', '.join(names)}.")
    return replace(known[name], code=_formatted(known[name].path, known[name].code))


def _difference(project: Project, part: Part) -> str:
    own, path = part.own or "", str(part.path.relative_to(project.root))
    original, lines = (text.splitlines(keepends=True) for text in (part.code, own))
    return "".join(difflib.unified_diff(original, lines, f"the library's {part.name}", path))


def _write(project: Project, part: Part) -> None:
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
