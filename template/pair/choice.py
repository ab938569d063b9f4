"""Which two contexts: answers are looked up by name, and a pair that has nothing to tell each other is refused."""

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
"""The name of the context that the template's default answers give."""

_EXAMPLE = "subscription,payment"


class BadPair(Exception):
    """Two contexts that cannot be shown together. The message says what to write instead."""


@dataclass(frozen=True)
class Chosen:
    """A context by its answers; ``answers`` has those that differ from the defaults."""

    answers: Mapping[str, str]

    @property
    def name(self) -> str:
        """The context's name in PascalCase."""
        return self._answer("context_name")

    @property
    def package(self) -> str:
        """The context's name as it names itself to others."""
        return snake(self.name)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Its commands."""
        return read_commands(self._answer("commands"), self.name)

    @property
    def verified(self) -> str:
        """What its lists are verified against, in PascalCase; empty if that is nothing."""
        verification = self._answer("verification")
        return verification.removeprefix("Verify") if verification.startswith("Verify") else ""

    def command(self, kind: str) -> Command:
        """Return its command that ``creates`` or ``deletes``."""
        return next(command for command in self.commands if command.kind == kind)

    def _answer(self, question: str) -> str:
        return filled(self.answers)[question]


@dataclass(frozen=True)
class Pair:
    """Two contexts: the second verifies its lists against what the first has told."""

    first: Chosen
    second: Chosen

    @property
    def consumes(self) -> dict[str, object]:
        """The stack's setting of the second by which it hears the first's local stack."""
        gone = self.first.command("deletes").event
        known = [command.event for command in self.first.commands if command.event != gone]
        topic = f"/{slug(self.first.name)}/local/topic-arn"
        return {self.first.package: {"topic": topic, "known": known, "gone": [gone]}}


def choose(text: str, folder: Path = ANSWERS) -> Pair:
    """Read two names with a comma between them.

    Raises:
        BadPair: they are no two contexts that we have answers of, or the second does not verify the first.
    """
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2:
        raise BadPair(f"write two contexts with a comma between them, such as {_EXAMPLE}, not {text!r}")
    if names[0] == names[1]:
        raise BadPair(f"write two different contexts, such as {_EXAMPLE}, not {names[0]} twice")
    pair = Pair(*(_chosen(name, folder) for name in names))
    if pair.second.verified != pair.first.name:
        raise BadPair(_strangers(pair))
    return pair


def _chosen(name: str, folder: Path) -> Chosen:
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
