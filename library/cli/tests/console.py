"""The console script `context`, in the tests' process or in its own."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bounded_context_cli.command.application import ABOUT, NAME, groups, run
from bounded_context_cli.command.deferred import application, command_name

PROGRAM = str(Path(sys.executable).with_name(NAME))
"""The installed console script, for tests that need a process of their own."""


def context(*arguments: str, access: object = None) -> int:
    """Run a command line and return its exit status; `access` replaces AWS's clients and the clock."""
    return run(arguments, access)


def parsed(words: Sequence[str]) -> Any:
    """Return the command that a command line selects, with its arguments, without running it. Raises UsageError."""
    invocation = application(ABOUT, groups()).make_context(NAME, list(words))
    while hasattr(invocation.command, "resolve_command"):
        name, command, rest = invocation.command.resolve_command(
            invocation, [*invocation._protected_args, *invocation.args]
        )
        invocation = command.make_context(name, rest, parent=invocation)
    return invocation


def command_lines() -> Iterator[tuple[str, ...]]:
    """Yield the words of each command, without its arguments, such as `rollout start`."""
    for entries in groups().values():
        for name, entry in entries.items():
            if entry.is_group:
                yield from ((name, command_name(function)) for function in entry.functions)
            else:
                yield (name,)
