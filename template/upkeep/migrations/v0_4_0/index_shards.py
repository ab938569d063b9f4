"""The declaration's `index_shards`: the version before reads 16 of the 32 keys, so rows stay in 16 for one release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from ..files import write
from ..python import calls, parsed
from .handler_modules import package

FIELD, AFTER = "index_shards", "queried_by"
LINES = (
    "# The version before 0.4.0 reads 16 keys of an index. Remove this line after the first release with 0.4.0.",
    f"{FIELD}=16,",
)


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Write 16 into a declaration whose table has an index, unless it has the field."""
    folder = package(repository)
    path = folder / "context.py" if folder else None
    if path is None or not path.is_file():
        return
    module = parsed(repository, path)
    for call in calls(module, "Context"):
        named = {found.keyword.value: found for found in call.args if found.keyword}
        if AFTER not in named or FIELD in named:
            continue
        if (changed := _with_lines(module, named[AFTER])) is None:
            yield f"src/{path.parent.name}/{path.name}: write index_shards=16, and remove it a release later."
        else:
            write(path, changed)


def _with_lines(module: cst.Module, argument: cst.Arg) -> str | None:
    """Return the code with the lines below an argument, or None if the argument has no lines of its own."""
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    start, end = positions[argument].start, positions[argument].end
    lines = module.code.splitlines(keepends=True)
    indent, rest = lines[start.line - 1][: start.column], lines[end.line - 1][end.column :]
    if indent.strip() or not rest.lstrip().startswith(",") or rest.lstrip(" ,")[:1] not in {"#", "\r", "\n"}:
        return None
    added = [f"{indent}{line}{module.default_newline}" for line in LINES]
    return "".join([*lines[: end.line], *added, *lines[end.line :]])
