"""The command ``template adopt``: writes the lost record of a repository's bake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cookiecutter.exceptions import CookiecutterException
from typer import Argument, Option

from .alone import alone
from .answers import BadAnswer, refuse_bad
from .new import given_in
from .record import FILE
from .upkeep.apply import require_clean
from .upkeep.bakes import bake_of
from .upkeep.check import library_of
from .upkeep.commands import CANNOT_TELL
from .upkeep.differences import differences
from .upkeep.errors import CannotTell, NotOurs
from .upkeep.git import Git
from .upkeep.repository import commit_with_record
from .upkeep.sources import sources, updatable

output = alone("cli", "command.output")
values = alone("cli", "command.values")


def adopt_(
    repository: Annotated[Path, Argument(metavar="REPO", help="the folder of a context's repository")],
    answers: Annotated[
        Path | None,
        Option(parser=values.existing_file, metavar="FILE", help="the answers of the bake, if git has no record"),
    ] = None,
) -> int:
    """Write the lost record of a repository's bake, so that `template check` and `template update` work.

    git restores its last record. With a file of answers, the version is that of the library. No other file changes.

    Examples:
      template adopt ../payment
      template adopt . --answers answers.yaml

    Exit status:
      0  the record is written; commit it
      2  the repository cannot be adopted, or an answer is invalid; no file was written
    """
    try:
        bake_answers = given_in(answers) if answers else {}
        refuse_bad(bake_answers)
        lines = list(adopt(repository, {name: str(answer) for name, answer in bake_answers.items()}))
    except (BadAnswer, CookiecutterException, CannotTell, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    print(*lines, f"{FILE} is written. Commit it. Then `template check` and `template update` work.", sep="\n")
    return 0


def adopt(folder: Path, answers: Mapping[str, str]) -> Iterator[str]:
    """Write the record of a repository, and yield lines about it.

    Raises:
        CannotTell: the folder is not a context's repository, has a record or uncommitted changes, or its version
            rejects the answers; or there are no answers and git has no record.
    """
    library = library_of(folder)
    if not (version := library.wheel or library.pinned):
        raise NotOurs(f"{folder} is not a context's repository: its pyproject.toml names no version of the library.")
    if (folder / FILE).exists() or (folder / FILE).is_symlink():
        raise CannotTell(f"{folder} has the record {FILE}: run `template check`, or delete it and commit this first.")
    require_clean(folder, "pyproject.toml")
    if answers:
        yield from _bake(folder, version, answers)
    elif commit := commit_with_record(folder):
        Git(folder)("restore", f"--source={commit}", "--", FILE)
        yield f"The record is that of commit {commit}."
    else:
        remedy = "write the answers of its bake below `default_context:` into a file, and name it with --answers"
        raise CannotTell(f"{folder} has no record in git: {remedy}.")


def _bake(folder: Path, version: str, answers: Mapping[str, str]) -> Iterator[str]:
    """Write the record of a bake, and yield the files that differ from the bake."""
    release = updatable(folder, version)
    with sources(release) as tree, TemporaryDirectory(prefix="template-") as scratch:
        baked = bake_of(release, tree, answers, Path(scratch))
        files = [file for file in differences(baked, folder) if file.path != FILE]
        with (folder / FILE).open("xb") as file:
            file.write((baked / FILE).read_bytes())
    yield f"{len(files)} files differ from the bake of {version}, and count as changed by the team:"
    yield from (f"  {file.state:7} {file.path}" for file in files)
