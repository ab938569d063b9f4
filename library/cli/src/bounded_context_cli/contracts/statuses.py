"""The Mermaid diagram of an aggregate's statuses in the repository's README, generated from the declaration."""

from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.commands import Command
from bounded_context.domain.spelling import plain


def diagram(context: Context[Any]) -> str:
    """Return the diagram (``stateDiagram-v2``), without the Markdown fence. The result is deterministic."""
    lines = (_title(context), _DESCRIPTION, *_statuses(context), *_arrows(context))
    return "\n    ".join(("stateDiagram-v2", *lines)) + "\n"


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
