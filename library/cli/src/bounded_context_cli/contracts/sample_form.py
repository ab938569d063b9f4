"""The format of a version's file: one line for each field and each sample, for readable diffs.

Uses only the standard library, because the bake writes the first file with this module.
"""

import json
from collections.abc import Mapping
from typing import Any


def as_text(version: Mapping[str, Any]) -> str:
    """Return the text of a version's file."""
    return _block("{", [f"{_line(name)}: {_section(part)}" for name, part in version.items()], "}", "") + "\n"


def _section(part: Any) -> str:
    if not isinstance(part, Mapping):
        return _line(part)
    return _block("{", [f"{_line(name)}: {_entry(value)}" for name, value in part.items()], "}", "  ")


def _entry(value: Any) -> str:
    return _block("[", [_line(sample) for sample in value], "]", "    ") if isinstance(value, list) else _line(value)


def _block(begin: str, lines: list[str], end: str, indent: str) -> str:
    return f"{begin}\n" + ",\n".join(f"{indent}  {line}" for line in lines) + f"\n{indent}{end}"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
