"""The removal of lists from a repository by ``template update --answer lists=none``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import answers as rules
from ..bake import files
from ..options import OPTIONS
from .errors import CannotTell
from .migrations.files import text, write

_SCHEMAS = "events/"
"""The folder of generated schemas, which contain no code of the team."""

_EJECTED = "workflow"
"""The folder of an ejected definition, which no bake has."""

_STACKS = "infra/service/Pulumi.*.yaml"
_TOLERANCE = re.compile(r"^ *\w+:tolerated_share: 0\.05 # the default before 0\.4\.0;.*\n", re.MULTILINE)
"""The line that the update to 0.4.0 wrote into the files of all stacks, and that a team did not change."""


def remove_settings(after: Mapping[str, str], ours: Path) -> None:
    """Delete the setting of lists that the update to 0.4.0 wrote, if the new answers have no lists."""
    if after.get("lists") == rules.NONE:
        for path in ours.glob(_STACKS):
            write(path, _TOLERANCE.sub("", text(path) or ""))


def refuse_own_code(before: Mapping[str, str], after: Mapping[str, str], base: Path, ours: Path) -> None:
    """Raise CannotTell if changed answers remove lists, and a file of lists differs from the old bake.

    Args:
        before: the answers of the repository.
        after: the answers of the update.
        base: the old bake, after the migration steps.
        ours: the team's files, after the migration steps.
    """
    [option] = (option for option in OPTIONS if option.question == "lists")
    if option.chosen(before) or not option.chosen(after):
        return
    derived = {f"__{name}": derive(after) for name, derive in rules.DERIVED.items()}
    dropped = option.dropped({**after, **derived})
    paths = [_EJECTED, *(path for path in dropped if not path.startswith(_SCHEMAS))]
    if own := sorted(path for path in _files(ours, paths) if _content(ours / path) != _content(base / path)):
        others = f" and {len(own) - 1} more files" if len(own) > 1 else ""
        raise CannotTell(
            f"{own[0]}{others}: the answer lists=none removes it, and it has code of your own: move this code to "
            "another file or delete it, commit, and run the update again."
        )


def _files(folder: Path, paths: list[str]) -> Iterator[str]:
    """Yield the files of the given paths of files and folders."""
    for path in paths:
        if (folder / path).is_file():
            yield path
        elif (folder / path).is_dir():
            yield from (f"{path}/{name}" for name in files(folder / path, ()))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
