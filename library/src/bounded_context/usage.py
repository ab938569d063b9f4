"""What a command says of itself: `--help` has its examples and exit statuses, and names it as it was typed.

The template's own command loads this file by itself, so it needs the standard library alone.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

WIDEST = 48
"""Of an example: what a longer one does stands below it."""


class Parts(Protocol):
    """The parts of a command, as `ArgumentParser.add_subparsers` returns them."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,  # noqa: A002  argparse's own word
        description: str,
        epilog: str,
        formatter_class: type[argparse.HelpFormatter],
        allow_abbrev: bool,
    ) -> argparse.ArgumentParser:
        """Add a part."""
        ...


@dataclass(frozen=True)
class Usage:
    """A command as it was typed, such as `just run`.

    `examples` has what each does by its arguments, `statuses` what each exit status says.
    """

    typed: str
    examples: Mapping[str, str]
    statuses: Mapping[int, str]

    def parser(self, about: str) -> argparse.ArgumentParser:
        """Return the command's parser, to be given its arguments; none of them can be shortened."""
        return argparse.ArgumentParser(
            prog=self.typed,
            description=about,
            epilog=self._epilog(""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def part(self, parts: Parts, name: str, about: str) -> argparse.ArgumentParser:
        """Add a part such as `start`, whose examples are those that begin so; returns its parser."""
        return parts.add_parser(
            name,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            epilog=self._epilog(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def _epilog(self, part: str) -> str:
        shown = {f"{self.typed} {given}".rstrip(): does for given, does in self.examples.items() if _of(part, given)}
        statuses = {str(status): says for status, says in self.statuses.items()}
        return f"examples:\n{_table(shown)}\n\nexit status:\n{_table(statuses)}"


def _of(part: str, given: str) -> bool:
    return not part or given.split(" ")[0] == part


def _table(rows: Mapping[str, str]) -> str:
    wide = max((len(name) for name in rows if len(name) <= WIDEST), default=0)
    lines = (name if len(name) <= WIDEST else f"{name}\n{' ' * (wide + 2)}" for name in rows)
    return "\n".join(f"  {line:<{wide}}  {says}" for line, says in zip(lines, rows.values(), strict=True))
