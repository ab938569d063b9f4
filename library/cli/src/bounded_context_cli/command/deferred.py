"""Commands that are imported when they are used, so the help of all commands is printed at once.

The command `template` loads this file by itself, so it imports Typer and the standard library only.
"""

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Groups = Mapping[str, Mapping[str, "Entry"]]
"""Commands by their names, by the titles of the help."""

WIDE: Final[dict[str, Any]] = {"max_content_width": 120}
_REMEDY: Final = "correct [tool.bounded-context.commands] in pyproject.toml."
"""For commands of a repository. Those of the library exist."""

PLAIN: Final[dict[str, Any]] = {"rich_markup_mode": None, "context_settings": WIDE}


@dataclass(frozen=True)
class Entry:
    """A command, or a group of commands.

    Args:
        summary: one line of the help.
        module: the module to import.
        functions: the names of the functions; each is a command with Typer's annotations.
        is_group: whether the functions are commands below this name, such as `rollout start`.
        passes: whether further words go to another program, such as pytest.
        has_default: whether the first function of a group also runs without its name, such as `template fleet DIR`.
        distribution: the distribution of the command, if it is not installed.
    """

    summary: str
    module: str
    functions: tuple[str, ...]
    is_group: bool = False
    passes: bool = False
    has_default: bool = False
    distribution: str = ""


@dataclass(frozen=True)
class Table:
    """The builder of the entries of a package's commands."""

    package: str

    def one(self, summary: str, module: str, function: str, *, passes: bool = False) -> Entry:
        """Return the entry of a command in a module of the package."""
        return Entry(summary, f"{self.package}.{module}", (function,), passes=passes)

    def group(self, summary: str, module: str, *functions: str, passes: bool = False) -> Entry:
        """Return the entry of a group of commands in a module of the package."""
        return Entry(summary, f"{self.package}.{module}", functions, is_group=True, passes=passes)


def run(program: str, about: str, groups: Groups, arguments: Sequence[str] | None, access: object = None) -> int:
    """Run a command line and return the exit status.

    Args:
        program: the name of the console script.
        about: the first lines of its help.
        groups: its commands.
        arguments: the words after the name; by default those of the process.
        access: the object that a command finds with `ctx.find_object`.
    """
    try:
        application(about, groups).main(arguments, prog_name=program, obj=access)
    except SystemExit as ended:
        return _status(ended.code)
    return 0


def _status(code: int | str | None) -> int:
    if isinstance(code, str):
        sys.stderr.write(f"Error: {code}\n")
        return 1
    return code or 0


def application(about: str, groups: Groups) -> Any:
    """Return Typer's group of all commands, which are not imported yet."""

    class Grouped(TyperGroup):
        """A group whose help lists its commands under titles."""

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
            for title, entries in groups.items():
                with formatter.section(title):
                    formatter.write_dl([(name, entry.summary) for name, entry in entries.items()])

    root = typer.Typer(cls=Grouped, help=about, no_args_is_help=True, **PLAIN)
    root.callback()(_nothing)
    group: Any = get_command(root)
    for entries in groups.values():
        group.commands.update({name: Deferred(name, entry) for name, entry in entries.items()})
    return group


def _nothing() -> None: ...


class Deferred(TyperCommand):
    """A command that is known by its name and summary until it is used."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, short_help=entry.summary, rich_markup_mode=None)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the command, and parse its arguments."""
        return load(info_name or "", self._entry).make_context(info_name, args, parent, **extra)


class _WithDefault(TyperGroup):
    """A group whose first command also gets the words that begin with no command's name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the name of the first command if it is missing."""
        missing = args and args[0] not in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, [next(iter(self.commands)), *args] if missing else args)


@cache
def load(name: str, entry: Entry) -> Any:
    """Import a command, once for a process.

    The process ends with status 1 if the function, or a package that it needs, does not exist.
    """
    if entry.distribution:
        sys.exit(f"{name}: {not_installed(entry.distribution)}")
    try:
        module: Any = import_module(entry.module)
    except ModuleNotFoundError as error:
        if f"{entry.module}.".startswith(f"{error.name}."):
            sys.exit(f"{name}: there is no module {entry.module}: {_REMEDY}")
        sys.exit(f"{name}: the package {error.name} is not installed: run `uv sync`.")
    if missing := [word for word in entry.functions if not hasattr(module, word)]:
        sys.exit(f"{name}: {entry.module} has no function {missing[0]}: {_REMEDY}")
    about = help_text(getattr(module, entry.functions[0])) if entry.has_default else f"{entry.summary}."
    group = _WithDefault if entry.has_default else TyperGroup
    app = typer.Typer(cls=group, help=about, no_args_is_help=True, add_completion=False, **PLAIN)
    for word in entry.functions:
        function = getattr(module, word)
        app.command(command_name(word), help=help_text(function), context_settings=_settings(entry))(exiting(function))
    if entry.is_group:
        app.callback()(_nothing)
    return get_command(app)


def not_installed(distribution: str) -> str:
    """Return the sentence about a distribution of the library that is not installed, with the remedy."""
    return f"{distribution} is not installed: run `uv add --dev {distribution}`."


def command_name(function: str) -> str:
    """Return the name of a command on the command line, such as `list` for `list_`."""
    return function.strip("_").replace("_", "-")


def _settings(entry: Entry) -> dict[str, Any]:
    return {**WIDE, "allow_extra_args": True, "ignore_unknown_options": True} if entry.passes else WIDE


def exiting(function: Callable[..., int | None]) -> Callable[..., None]:
    """Return a function that ends with the exit status that `function` returns; None is 0."""

    @wraps(function)
    def run_to_exit(*arguments: Any, **options: Any) -> None:
        raise typer.Exit(function(*arguments, **options) or 0)

    return run_to_exit


def help_text(function: Callable[..., Any]) -> str:
    """Return the docstring of a command, with the lines of blocks such as examples marked as not to be joined."""
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return "\n\n".join(f"\b\n{text}" if ":\n  " in text else text for text in paragraphs)
