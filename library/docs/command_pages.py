"""The reference of commands, from their help texts, and of the template's questions, from `cookiecutter.json`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from template import cli

from bounded_context_cli.command import application as context
from bounded_context_cli.command import deferred
from bounded_context_cli.command.commands import GROUPS

_WIDTH: Final = 120


def write_commands(source: Path) -> None:
    """Write the commands of both console scripts, with their help texts."""
    page = "# Commands and their options\n\nRun each with `uv run`.\n\n"
    sections = [*_sections(context.NAME, context.ABOUT, GROUPS), *_sections("template", cli.ABOUT, cli.GROUPS)]
    (source / "reference" / "commands.md").write_text(page + "\n".join(sections), encoding="utf-8")


def write_answers(repository: Path, source: Path) -> None:
    """Write the questions of the template, with their defaults."""
    questions = json.loads((repository / "cookiecutter.json").read_text(encoding="utf-8"))
    lines = [
        f"`{name}`\n: {asked}.\n: Default: `{_default(questions[name])}`\n"
        for name, asked in questions["__prompts__"].items()
    ]
    page = "# What the bake asks\n\nDefaults between `<<` and `>>` follow from the answers before them.\n\n"
    (source / "reference" / "answers.md").write_text(page + "\n".join(lines), encoding="utf-8")


def _default(value: str | list[str]) -> str:
    return value if isinstance(value, str) else f"{value[0]}`, or `{'`, `'.join(value[1:])}"


def _sections(script: str, about: str, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield _section("##", script, deferred.application(about, groups))
    for entries in groups.values():
        for name, entry in entries.items():
            command = deferred.load(name, entry)
            yield _section("###", f"{script} {name}", command)
            for word, below in getattr(command, "commands", {}).items():
                yield _section("###", f"{script} {name} {word}", below)


def _section(heading: str, name: str, command: Any) -> str:
    with command.context_class(command, info_name=name, terminal_width=_WIDTH) as ctx:
        return f"{heading} {name}\n\n```text\n{command.get_help(ctx)}\n```\n"
