"""The first step of a check: loads the declaration and runs the programs. The other steps end early if this fails."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.project import Project, ProjectError, placed, syntax_errors

from ..command.installed import repository
from ..programs.pulumi_files import project_name, stack_file
from ..programs.stack_settings import faults
from ..settings import valid
from .selection import LEAVE_OUT_PROGRAM

_WHEEL: Final = re.compile(r'\bpath = "([^"]+\.whl)"')


def main() -> int:
    """Print a line for each fault that keeps the repository from being loaded, and return 0 or 1."""
    project = repository()
    faults = [*_faults(project, programs=LEAVE_OUT_PROGRAM not in sys.argv)]
    sys.stdout.writelines(f"{line}\n" for line in faults or [valid(project)])
    return 1 if faults else 0


def _faults(project: Project, *, programs: bool) -> Iterator[str]:
    """Yield missing wheels and syntax errors, or else the errors of the declaration, the settings, or the programs."""
    sources = [project.root / name for name in ("src", "infra", "tests")]
    if broken := [*_missing_wheels(project.root), *syntax_errors(project.root, *sources)]:
        yield from broken
        return
    try:
        project.context  # noqa: B018  (imports the declaration)
    except ProjectError as error:
        yield str(error)
        return
    # The settings take no second, and a program takes seconds.
    if of_settings := [*faults(project)]:
        yield from of_settings
    elif programs:
        yield from sorted({*_of_programs(project)})


def _missing_wheels(root: Path) -> Iterator[str]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _WHEEL.search(line)) and not (root / match[1]).is_file():
            yield f"pyproject.toml:{number}: {match[1]} does not exist: restore it from git."


def _of_programs(project: Project) -> Iterator[str]:
    """Yield the error of each stack of the programs. The tests use the recorded graphs."""
    from ..programs.recording import run, service
    from ..programs.stack_settings import delivery, run_delivery

    runs: list[tuple[Path, str, Callable[[str], object]]]
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
