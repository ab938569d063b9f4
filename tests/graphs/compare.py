"""Compares two folders that `record` wrote: what was added, what was removed, and what differs in which resource.

    uv run python -m tests.graphs.compare BEFORE AFTER

The exit status is 1 if anything differs.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_WIDEST = 400
"""Characters of a value that are shown."""

Graph = dict[str, Any]


def differences(before: Graph, after: Graph) -> Iterator[str]:
    """A line for each difference of two graphs."""
    old, new = before["resources"], after["resources"]
    yield from (f"- {urn}" for urn in sorted(old.keys() - new.keys()))
    yield from (f"+ {urn}" for urn in sorted(new.keys() - old.keys()))
    for urn in sorted(old.keys() & new.keys()):
        if old[urn] != new[urn]:
            yield f"~ {urn}"
            yield from _changes(old[urn], new[urn])
    if before["outputs"] != after["outputs"]:
        yield "~ outputs of the stack"
        yield from _changes(before["outputs"], after["outputs"])


def _changes(before: Any, after: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    old, new = dict(_leaves(before)), dict(_leaves(after))
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    yield from (f"    {path}: {_shown(old, path)} -> {_shown(new, path)}" for path in paths)
    if not paths:
        yield "    the same JSON, written in another way"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (any JSON)
    """Each value that is no collection, or an empty one, with its path below the top; JSON in a text is looked into."""
    inside = _read(value)
    if isinstance(inside, dict) and inside:
        for key, child in inside.items():
            yield from _leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(inside, list) and inside:
        for index, child in enumerate(inside):
            yield from _leaves(child, f"{path}[{index}]")
    elif path:
        yield path, value


def _read(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _shown(leaves: Mapping[str, Any], path: str) -> str:
    if path not in leaves:
        return "nothing"
    text = json.dumps(leaves[path], ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}... ({len(text)} characters)"


def compared(before: Path, after: Path) -> Iterator[str]:
    """A line for each difference of the files of two folders, below the names of the files."""
    old, new = _files(before), _files(after)
    yield from (f"{name}: only {before} has it" for name in sorted(old.keys() - new.keys()))
    yield from (f"{name}: only {after} has it" for name in sorted(new.keys() - old.keys()))
    for name in sorted(old.keys() & new.keys()):
        lines = list(differences(_graph(old[name]), _graph(new[name])))
        yield from [name, *(f"  {line}" for line in lines)] if lines else []


def _files(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*.json")}


def _graph(path: Path) -> Graph:
    return json.loads(path.read_text(encoding="utf-8"))


def main(before: Path, after: Path) -> int:
    """Print the differences; returns the exit status. Folders without any file are an error, not alike."""
    if not _files(before):
        print(f"{before} holds no recorded graph.", file=sys.stderr)
        return 2
    lines = list(compared(before, after))
    print("\n".join(lines) if lines else f"{len(_files(before))} graphs are the same.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
