"""The renamed members of the setting `consumes`, in the files of all stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from ..files import text, write
from .stacks import STACKS, document, members

_NAMES = {"thing": "aggregate", "known": "created_by", "gone": "deleted_by"}
_SETTING = ":consumes"
_KEY = re.compile(r'(?<=")(thing|known|gone)(?=\\?"\s*:\s*[^{\s])')
"""A member in JSON text. The value of a member is not a map, other than the value of a context with the same name."""


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename the members. All other characters of a file stay."""
    for path in sorted(repository.glob(STACKS)):
        content = changed = text(path) or ""
        # From the last place to the first, so that the places before stay valid.
        for start, end in sorted(set(_places(document(repository, path, content))), reverse=True):
            changed = changed[:start] + _renamed(changed[start:end]) + changed[end:]
        if changed != content:
            write(path, changed)
    yield from ()


def _places(document: yaml.Node | None) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each member to rename, and of each setting that is JSON text."""
    for config in (value for key, value in members(document) if key.value == "config"):
        for setting in (value for key, value in members(config) if key.value.endswith(_SETTING)):
            nodes = [setting] if isinstance(setting, yaml.ScalarNode) else _keys(setting)
            yield from ((node.start_mark.index, node.end_mark.index) for node in nodes)


def _keys(setting: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the old members. A member whose new name is also in the file stays, for the team to decide."""
    for _, context in members(setting):
        keys = [key for key, _ in members(context)]
        names = {key.value for key in keys}
        yield from (key for key in keys if _NAMES.get(key.value, key.value) not in names)


def _renamed(written: str) -> str:
    """Return a key, with its quotes, or a setting's JSON text with the new names."""
    name = written.strip("\"'")
    return written.replace(name, _NAMES[name]) if name in _NAMES else _KEY.sub(lambda key: _NAMES[key[0]], written)
