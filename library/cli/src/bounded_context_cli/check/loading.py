"""The first step of a check: loads the files, the declaration, the settings and the programs.

The other steps end early if this fails. Each stage needs the success of the stage before it, so a fault is reported
once, and not again by its effects.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.project import (
    Project,
    ProjectError,
    own,
    own_workflow,
    placed,
    syntax_errors,
    unreadable,
)

from ..command.installed import repository
from ..programs import LEAVE_OUT_PROGRAM
from ..programs.pulumi_files import project_name, stack_file
from ..programs.stack_settings import faults
from ..settings import valid

_WHEEL: Final = re.compile(r'\bpath = "([^"]+\.whl)"')
_STACK: Final = re.compile(r"(infra/\w+/)(Pulumi\.[\w-]+\.yaml)((?::\d+)?): (.+)", re.DOTALL)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yaml": lambda text: [*yaml.compose_all(text, Loader=_LOADER)],
    ".yml": lambda text: [*yaml.compose_all(text, Loader=_LOADER)],
}
"""The readers of the kinds of files that the commands, GitHub and Pulumi read."""


def main() -> int:
    """Print a line for each fault that keeps the repository from being loaded, and return 0 or 1."""
    project = repository()
    unloadable = [*_unloadable(project, programs=LEAVE_OUT_PROGRAM not in sys.argv)]
    sys.stdout.writelines(f"Error: {line}\n" for line in unloadable)
    sys.stdout.write("" if unloadable else f"{valid(project)}\n")
    return 1 if unloadable else 0


def _unloadable(project: Project, *, programs: bool) -> Iterator[str]:
    """Yield missing wheels and unreadable files, or else the errors of the declaration, the settings or the programs.

    The settings take no second, and a program takes seconds.
    """
    sources = [project.root / name for name in ("src", "infra", "tests")]
    stages = [
        lambda: [*_missing_wheels(project.root), *syntax_errors(project.root, *sources), *_unreadable(project)],
        lambda: _of_declaration(project),
        lambda: _once_for_stacks(faults(project)),
        lambda: _once_for_stacks(sorted({*_of_programs(project)}) if programs else ()),
    ]
    for stage in stages:
        if sentences := [*stage()]:
            yield from sentences
            return


def _missing_wheels(root: Path) -> Iterator[str]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _WHEEL.search(line)) and not (root / match[1]).is_file():
            yield f"pyproject.toml:{number}: {match[1]} does not exist: restore it from git."


def _unreadable(project: Project) -> Iterator[str]:
    """Yield the place and the fault of each file that is not JSON, YAML or TOML, as its name says.

    Stacks' files have a check of their own, which also reports their settings.
    """
    for name in _files(project.root):
        file = project.root / name
        if file.suffix not in _READERS or not file.is_file() or re.match(r"Pulumi\.[\w-]+\.yaml", file.name):
            continue
        try:
            if file == project.workflow:
                own_workflow(file, project.root)
            elif not file.name.endswith(".asl.json"):
                _READERS[file.suffix](file.read_text(encoding="utf-8"))
        except ProjectError as error:
            yield str(error)
        except (ValueError, yaml.YAMLError) as error:
            yield unreadable(file, project.root, error)


def _files(root: Path) -> Iterable[str]:
    """Return the files of a repository that git does not ignore; without git, all files outside of hidden folders."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    try:
        process = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        files = (file for file in root.rglob("*") if file.suffix in _READERS)
        return sorted(name for file in files if (name := own(str(file), root)))
    return sorted({*process.stdout.split("\0")} - {""})


def _of_declaration(project: Project) -> Iterator[str]:
    try:
        project.context  # noqa: B018  (imports the declaration)
    except ProjectError as error:
        yield str(error)


def _once_for_stacks(sentences: Iterable[str]) -> Iterator[str]:
    """Yield each fault once, with the places of all stacks that have it."""
    places: dict[str, list[str]] = {}
    for sentence in sentences:
        match = _STACK.fullmatch(sentence)
        fault = f"{match[1]}\0{match[4]}" if match else sentence
        places.setdefault(fault, []).append(f"{match[2]}{match[3]}" if match else "")
    for fault, names in places.items():
        folder, _, said = fault.rpartition("\0")
        yield f"{folder}{', '.join(names)}: {said}" if folder else said


def _of_programs(project: Project) -> Iterator[str]:
    """Yield the error of each stack of the programs. The tests use the recorded graphs."""
    from ..programs.recording import run, service
    from ..programs.stack_settings import delivery, run_delivery

    runs: list[tuple[Path, str, Callable[[str], Any]]]
    runs = [(project.service, stack, run) for stack in service().stacks()]
    runs += [(project.pipeline, stack, run_delivery) for stack in delivery().stacks()]
    for folder, stack, record in runs:
        try:
            record(stack)
        except Exception as error:
            yield _of_stack(error, project, folder, stack)


def _of_stack(error: Exception, project: Project, folder: Path, stack: str) -> str:
    file = stack_file(folder, stack)
    if isinstance(error, SettingError):
        return error.at(file, project_name(folder))
    return placed(error, project.root, str(file.relative_to(project.root)))


if __name__ == "__main__":
    sys.exit(main())
