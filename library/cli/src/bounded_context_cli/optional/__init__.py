"""`context add`: optional files of the repository."""

import sys
from collections.abc import Iterator
from typing import Annotated

from typer import Argument

from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import refuse, update_file
from ..programs.pulumi_files import config, stacks_on_aws
from .files import FILES, GITHUB, OWNED, texts


def add(
    names: Annotated[
        list[str], Argument(metavar="NAME...", help="devcontainer, github, pre-commit, renovate or vscode")
    ],
) -> int:
    """Write optional files into the repository: for an editor, git, Renovate or GitHub. Print each written file.

    A file of the same path is kept, unless its first line says that this command writes it.

    Examples:
      context add vscode devcontainer   configurations of editors
      context add github                the workflows of pull requests, again after an update of the library

    Exit status:
      0  the files are there
      2  nothing is written: a name is unknown, or a file of the team is in the way
    """
    if unknown := [name for name in names if name not in FILES]:
        return refuse(f"context add: {unknown[0]!r} is not a name: write {', '.join(FILES)}.")
    try:
        project = repository()
    except ProjectError as error:
        return refuse(str(error))
    files = [file for name in names for file in written_by(project, name)]
    for path, text in files:
        if _is_of_team(project, path, text):
            return refuse(f"{path}: exists with another text: compare it, and remove it before `context add`.")
    for path, text in files:
        if update_file(project.root / path, text):
            sys.stdout.write(f"{path}\n")
    return 0


def written_by(project: Project, name: str) -> list[tuple[str, str]]:
    """Return the path and the text of each file of a name, for a repository."""
    stacks = stacks_on_aws(project.service)
    region = str(config(project.service, "dev" if "dev" in stacks else stacks[0])["aws:region"]) if stacks else ""
    wheel = "path = " in (project.root / "pyproject.toml").read_text(encoding="utf-8")
    return list(texts(name, region=region, function=project.context.creating.function, wheel=wheel))


def outdated(project: Project) -> Iterator[str]:
    """Yield the path of each of GitHub's files whose first line names this command, and whose text is another."""
    for path, text in written_by(project, GITHUB):
        file = project.root / path
        if file.is_file() and (content := file.read_text(encoding="utf-8")).startswith(OWNED) and content != text:
            yield path


def _is_of_team(project: Project, path: str, text: str) -> bool:
    file = project.root / path
    existing = file.read_text(encoding="utf-8") if file.is_file() else text
    return existing != text and not existing.startswith(OWNED)
