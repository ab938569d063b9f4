"""The reference of commands, from what each prints with `--help`, and of the bake's answers, from its questions."""

import io
import json
import os
import re
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Final
from unittest.mock import patch

from template.cli import main as template

from bounded_context.typed import VARIABLE

TEMPLATE: Final = "template"
"""The command of the platform team, which is no module of the library."""

_SHOWN: Final = {"COLUMNS": "100", VARIABLE: "just"}
"""How wide helps are, and that they speak of recipes."""

_RECIPE: Final = re.compile(r"# ([^\n]+)\n(?:\[[^\n]*\n)*([a-z][\w-]*)[^:\n]*:[^\n]*\n((?:    [^\n]*\n)+)")
_MODULE: Final = re.compile(r"python -m (\S+)((?: [a-z]+)*)")
_SUBCOMMAND: Final = re.compile(r"^    ([a-z]+) {2,}\S", re.MULTILINE)


def write_commands(repository: Path, source: Path) -> None:
    """Write the recipes of a repository and the template's own command, with their options."""
    sections = [*_recipes(repository), *_template()]
    page = "# Commands and their options\n\nEach is run with `uv run` before it.\n\n" + "\n".join(sections)
    (source / "reference" / "commands.md").write_text(page, encoding="utf-8")


def write_answers(repository: Path, source: Path) -> None:
    """Write the questions of the bake, with their defaults."""
    questions = json.loads((repository / "cookiecutter.json").read_text(encoding="utf-8"))
    lines = [
        f"`{name}`\n: {asked}.\n: Default: `{_default(questions[name])}`\n"
        for name, asked in questions["__prompts__"].items()
    ]
    page = "# What the bake asks\n\nDefaults between `<<` and `>>` follow from the answers before them.\n\n"
    (source / "reference" / "answers.md").write_text(page + "\n".join(lines), encoding="utf-8")


def _default(value: str | list[str]) -> str:
    return value if isinstance(value, str) else f"{value[0]}`, or `{'`, `'.join(value[1:])}"


def _recipes(repository: Path) -> Iterator[str]:
    text = (repository / "examples" / "payment" / "justfile").read_text(encoding="utf-8")
    for said, recipe, body in _RECIPE.findall(text):
        helped = [text for module, words in _MODULE.findall(body) for text in _all_help(module, *words.split())]
        shown = "".join(f"```text\n{one}```\n\n" for one in helped)
        yield f"## just {recipe}\n\n{said}.\n\n{shown}"


def _all_help(module: str, *words: str) -> Iterator[str]:
    """The help of a command, and that of each of its subcommands."""
    top = _help(module, *words)
    yield top
    yield from (_help(module, *words, name) for name in _SUBCOMMAND.findall(top))


def _template() -> Iterator[str]:
    top, *below = _all_help(TEMPLATE)
    yield f"## template\n\n```text\n{top}```\n"
    for name, helped in zip(_SUBCOMMAND.findall(top), below, strict=True):
        yield f"### template {name}\n\n```text\n{helped}```\n"


def _help(module: str, *words: str) -> str:
    """What a command prints with `--help`, in this process: dozens of interpreters would take a minute."""
    printed = io.StringIO()
    typed = patch.object(sys, "argv", [module, *words, "--help"])
    with typed, patch.dict(os.environ, _SHOWN), redirect_stdout(printed), warnings.catch_warnings():
        # One of these modules is imported by others before it runs as a command.
        warnings.simplefilter("ignore", RuntimeWarning)
        with suppress(SystemExit):
            _run(module)
    return printed.getvalue()


def _run(module: str) -> None:
    if module == TEMPLATE:
        template()
    else:
        runpy.run_module(module, run_name="__main__")
