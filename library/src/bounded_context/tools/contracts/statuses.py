"""The Mermaid diagram of an aggregate's statuses in the repository's README, generated from the declaration."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ...declaration.context import Context
from ...domain.commands import Command
from ...domain.spelling import plain

NAME: Final = "README.md"


def diagram(context: Context[Any]) -> str:
    """Return the diagram (``stateDiagram-v2``) as a Markdown block. The result is deterministic."""
    lines = (_title(context), _DESCRIPTION, *_statuses(context), *_arrows(context))
    return "\n    ".join((_OPENING, *lines)) + "\n```\n"


def drawn(context: Context[Any], root: Path) -> str:
    """Return the README's text with its diagram replaced, or with a first diagram at the end."""
    path = root / NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    made, block = diagram(context), re.escape(f"{_OPENING}\n    {_title(context)}\n") + r"(?s:.*?)^```\n"
    found, count = re.subn(block, lambda _: made, text, count=1, flags=re.MULTILINE)
    return found if count else f"{text}\n{made}"


def draw(context: Context[Any], root: Path) -> Iterator[str]:
    """Update the diagram in the README of the repository in ``root``; yields a line if the README changed."""
    path, text = root / NAME, drawn(context, root)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        yield f"{NAME} has a new diagram of statuses"


_OPENING: Final = "```mermaid\nstateDiagram-v2"
_DESCRIPTION: Final = "accDescr: Each arrow is a command, from a status where it may start to the one that it leaves"


def _title(context: Context[Any]) -> str:
    return f"accTitle: Statuses of the {plain(context.title)}"


def _statuses(context: Context[Any]) -> Iterator[str]:
    for status in context.statuses:
        yield f'state "{status.name}" as {_id(status.name)}'


def _arrows(context: Context[Any]) -> Iterator[str]:
    for command in context.commands:
        for start in _starts(command):
            yield f"{start} --> {_id(command.status.name) if command.status else _NOWHERE}: {command.name}"


def _starts(command: Command[Any, Any]) -> tuple[str, ...]:
    return (_NOWHERE,) if command.kind == "creates" else tuple(_id(status.name) for status in command.after)


_NOWHERE: Final = "[*]"
"""Mermaid's start and end state."""


def _id(name: str) -> str:
    # NOTE, STATE and SCALE are keywords of Mermaid, so every status gets a prefix.
    return f"is_{name}"
