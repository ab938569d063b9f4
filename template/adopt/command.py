"""The command ``template adopt``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cookiecutter.exceptions import CookiecutterException
from typer import Argument, Option

from ..alone import alone
from ..answers import BadAnswer, refuse_bad
from ..new import given_in
from ..record import FILE
from ..upkeep.apply import require_clean
from ..upkeep.check import library_of
from ..upkeep.commands import CANNOT_TELL
from ..upkeep.errors import CannotTell
from ..upkeep.repository import commit_with_record, restored
from .code import code_of
from .derive import derive
from .fit import Certainty, Fit, certainty, fits

output = alone("command.output")
values = alone("command.values")


@dataclass(frozen=True)
class Adopted:
    """The result of an adoption: the answers, the comparisons with all versions, the best first, and its certainty."""

    answers: Mapping[str, str]
    fits: list[Fit]
    certainty: Certainty
    errors: Sequence[CannotTell]
    """The errors of versions that cannot be baked."""
    commit: str
    """The last commit with a record; an empty string without one."""


def adopt_(
    repository: Annotated[Path, Argument(metavar="REPO", help="the folder of a context's repository")],
    answers: Annotated[
        Path | None,
        Option(parser=values.existing_file, metavar="FILE", help="answers that the code does not have"),
    ] = None,
) -> int:
    """Write the lost record of a repository's bake, so that `template check` and `template update` work.

    The answers follow from the code. The version is that whose bake differs in the fewest files. No other file changes.

    Examples:
      template adopt ../payment
      template adopt . --answers answers.yaml

    Exit status:
      0  the record is written; commit it
      2  the repository cannot be adopted, or an answer is invalid; no file was written
    """
    try:
        given = given_in(answers) if answers else {}
        refuse_bad(given)
        adopted = adopt(repository, {name: str(answer) for name, answer in given.items()})
    except (BadAnswer, CookiecutterException, CannotTell, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    print(*_lines(adopted), sep="\n")
    return 0


def adopt(folder: Path, given: Mapping[str, str]) -> Adopted:
    """Write the record of the bake that fits a repository best; ``given`` answers are not derived.

    Raises:
        CannotTell: the folder is not a context's repository, has a record or uncommitted changes, an answer is unknown,
            or no version of the template fits.
    """
    code = code_of(folder)
    _require_no_record(folder)
    require_clean(folder, "pyproject.toml")
    answers, library = derive(code, given), library_of(folder)
    found, errors = fits(folder, answers, {library.pinned, *library.wheel.split(", ")})
    _require_no_record(folder)  # a person may have restored it during the bakes
    with (folder / FILE).open("xb") as file:
        file.write(found[0].record)
    return Adopted(answers, found, certainty(found, library.pinned), errors, commit_with_record(folder))


def _require_no_record(folder: Path) -> None:
    if (folder / FILE).exists():
        raise CannotTell(
            f"{folder} has the record {FILE}: run `template check`. If it is a copy of another context's record, "
            "delete and commit it first."
        )


def _lines(adopted: Adopted) -> Iterator[str]:
    best, *others = adopted.fits
    sure = f"{adopted.certainty} that it was baked by this version"
    yield f"{adopted.answers['context_name']}: template {best.release.version}, {sure}"
    yield from (f"  {_counted(fit)} from {fit.release.version}" for fit in (best, *others))
    yield from (f"  {error}" for error in adopted.errors)
    yield "Answers:"
    yield from (f"  {name}: {answer}" for name, answer in adopted.answers.items())
    if best.files:
        yield f"{len(best.files)} files differ from the bake, and count as changed by the team:"
    yield from (f"  {file.state:7} {file.path}" for file in best.files)
    if adopted.commit:
        yield f"Commit {adopted.commit} has a record: `{restored(adopted.commit)}` restores it instead."
    yield f"{FILE} is written. Commit it. Then `template check` and `template update` work."


def _counted(fit: Fit) -> str:
    files, lines = fit.distance
    return f"{files} of {fit.count} files and {lines} lines differ"
