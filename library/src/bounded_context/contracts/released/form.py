"""How a version's file is written: a line for each field and each sample, so that a change shows as itself.

Only the standard library is needed: a bake writes its first file by it.
"""

import json
from collections.abc import Mapping
from typing import Any


def as_text(version: Mapping[str, Any]) -> str:
    """Return a version's file as text."""
    return _block("{", [f"{_line(name)}: {_section(part)}" for name, part in version.items()], "}", "") + "\n"


def _section(part: Any) -> str:
    if not isinstance(part, Mapping):
        return _line(part)
    return _block("{", [f"{_line(name)}: {_entry(one)}" for name, one in part.items()], "}", "  ")


def _entry(one: Any) -> str:
    return _block("[", [_line(sample) for sample in one], "]", "    ") if isinstance(one, list) else _line(one)


def _block(begin: str, lines: list[str], end: str, indent: str) -> str:
    return f"{begin}\n" + ",\n".join(f"{indent}  {line}" for line in lines) + f"\n{indent}{end}"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
