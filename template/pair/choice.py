"""The choice of two contexts by name: the second must verify its lists against the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cookiecutter.config import get_config

from ..answers import Command, read_commands
from ..library import REPOSITORY
from ..questions import filled
from ..words import slug, snake

ANSWERS = REPOSITORY / "examples" / "answers"
DEFAULT = "payment"
"""The name of the context with the default answers."""

_EXAMPLE = "subscription,payment"


class BadPair(Exception):
    """A rejected choice of two contexts. The message has an example of a valid choice."""


@dataclass(frozen=True)
class Chosen:
    """A context; ``answers`` has only the answers that differ from the defaults."""

    answers: Mapping[str, str]

    @property
    def name(self) -> str:
        """The context's name in PascalCase."""
        return self._answer("context_name")

    @property
    def package(self) -> str:
        """The context's name in snake_case, the source of its events."""
        return snake(self.name)

    @property
    def commands(self) -> tuple[Command, ...]:
        """The context's commands."""
        return read_commands(self._answer("commands"), self.name)

    @property
    def verified(self) -> str:
        """The context against which lists are verified, in PascalCase; an empty string without a verification."""
        verification = self._answer("verification")
        return verification.removeprefix("Verify") if verification.startswith("Verify") else ""

    def command(self, kind: str) -> Command:
        """Return the first command of a kind: ``creates`` or ``deletes``."""
        return next(command for command in self.commands if command.kind == kind)

    def _answer(self, question: str) -> str:
        return filled(self.answers)[question]


@dataclass(frozen=True)
class Pair:
    """Two contexts: the second verifies its lists against the first's events."""

    first: Chosen
    second: Chosen

    @property
    def consumes(self) -> dict[str, object]:
        """The second's setting ``consumes``, with the events of the first's local stack."""
        deleted = self.first.command("deletes").event
        created_by = [command.event for command in self.first.commands if command.event != deleted]
        topic = f"/{slug(self.first.name)}/local/topic-arn"
        return {self.first.package: {"topic": topic, "created_by": created_by, "deleted_by": [deleted]}}


def choose(text: str, folder: Path = ANSWERS) -> Pair:
    """Parse two names with a comma between them.

    Raises:
        BadPair: a name has no answers, the names are equal, or the second does not verify the first.
    """
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2:
        raise BadPair(f"write two contexts with a comma between them, such as {_EXAMPLE}, not {text!r}")
    if names[0] == names[1]:
        raise BadPair(f"write two different contexts, such as {_EXAMPLE}, not {names[0]} twice")
    pair = Pair(*(_choose(name, folder) for name in names))
    if pair.second.verified != pair.first.name:
        raise BadPair(_strangers(pair))
    return pair


def _choose(name: str, folder: Path) -> Chosen:
    if name == DEFAULT:
        return Chosen({})
    known = sorted({DEFAULT, *(path.stem for path in folder.glob("*.yaml"))})
    if name not in known:
        raise BadPair(f"there are no answers for {name!r}: write two of {', '.join(known)}")
    return Chosen(get_config(folder / f"{name}.yaml")["default_context"])


def _strangers(pair: Pair) -> str:
    first, second = pair.first.name, pair.second.name
    against = f"against {pair.second.verified}, not {first}" if pair.second.verified else "against nothing"
    return f"{second} verifies its lists {against}: write a context that verifies the first one, such as {_EXAMPLE}"
