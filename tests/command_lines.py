"""Command lines of `context` and `template` in pages, workflows and buildspecs, and their parsing by Typer."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, Final

import typer
from bounded_context_cli.command.application import ABOUT
from bounded_context_cli.command.commands import GROUPS
from bounded_context_cli.command.deferred import application

from template import cli

_BLOCK: Final = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`([^`]+)`")
_START: Final = re.compile(r"(?:uv run (?:--\S+ )*|uvx --from \S+ )?(?=(?:context|template) [a-z])")
_END: Final = re.compile(r"\s#|\s{2,}|\s[|>]|\s?&&|;|\)\"|[`\[\]]|\"\$@\"")
_INCOMPLETE: Final = ("MissingParameter", "NoArgsIsHelpError")

_SCRIPTS: Final = {
    "context": application(ABOUT, GROUPS),
    "template": cli.deferred.application(cli.ABOUT, cli.GROUPS),
}
"""The console scripts, without the commands of a repository."""


def typed(text: str) -> Iterator[str]:
    """Yield the command lines in a script, a workflow, or the blocks of a page."""
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            yield from (_words(line[match.end() :]) for match in _START.finditer(line) if match[0])


def blocks(page: str) -> str:
    """Return the blocks of code of a page."""
    return "\n".join(_BLOCK.findall(page))


def named(page: str) -> Iterator[str]:
    """Yield the command lines between the backticks of a page. They may lack arguments."""
    for code in _INLINE.findall(_BLOCK.sub("", page)):
        line = " ".join(code.split())
        if match := _START.match(line):
            yield _words(line[match.end() :])


def _words(line: str) -> str:
    return _END.split(line.strip(), maxsplit=1)[0].strip()


def rejected(line: str, *, incomplete: bool = False) -> str | None:
    """Return why the console script rejects a command line; None if it does not.

    Values are not judged: pages have placeholders and names of files. An `incomplete` line may lack arguments.
    """
    script, *words = shlex.split(line)
    try:
        _parse(_SCRIPTS[script], words, script)
    except Exception as error:
        kind = type(error).__name__
        is_value = kind == typer.BadParameter.__name__
        return None if is_value or (incomplete and kind in _INCOMPLETE) else f"{line}: {kind}: {error}"
    return None


def _parse(command: Any, words: list[str], name: str, parent: Any = None) -> None:  # noqa: ANN401 (Typer's)
    with command.make_context(name, words, parent) as ctx:
        if hasattr(ctx.command, "resolve_command"):
            below, command, rest = ctx.command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
            _parse(command, rest, below, ctx)
