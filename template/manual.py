"""What `--help` of the command and of each of its parts says: what it does, examples, exit statuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .alone import alone

if TYPE_CHECKING:
    from bounded_context.usage import Usage

ABOUT: Final = "What a platform team needs besides cookiecutter itself."


@dataclass(frozen=True)
class Part:
    """A part of the command. ``examples`` has what each does by its arguments."""

    about: str
    examples: Mapping[str, str]
    statuses: Mapping[int, str]


PARTS: Final[Mapping[str, Part]] = {
    "new": Part(
        "ask for the answers, and bake a context of your own",
        {
            "new": "ask, and bake into a new folder here",
            "new --output-dir ..": "beside this folder",
            "new --answers answers.yaml --no-input": "ask nothing: take the answers of a file",
        },
        {
            0: "the repository is made",
            1: "an answer is refused, or the questions were left: nothing was made",
            2: "arguments that cannot work",
        },
    ),
    "demo": Part(
        "bake the default context and run it on this machine",
        {
            "demo": "Payment, with 1,000 rows",
            "demo --rows 10000": "with more",
            "demo --file my.csv": "with a list of your own",
            "demo --answers answers.yaml": "another context",
            "demo --contexts subscription,payment": "two of them, the second hears of the first",
            "demo --trace id-000000007 --dashboards page.html": "with the path of a row, and the dashboards",
            "demo --keep": "leave it running, until Ctrl-C",
        },
        {
            0: "all numbers add up",
            1: "some do not, or it could not be run",
            2: "arguments that cannot work: nothing was started",
            130: "Ctrl-C: all that was started is stopped",
        },
    ),
    "check": Part(
        "show what drifted from the template in a repository",
        {"check .": "of this repository, file by file", "check ../payment --diff": "with the differences"},
        {0: "nothing did", 1: "something did", 2: "it cannot be determined"},
    ),
    "update": Part(
        "bring a repository to another version of the template",
        {
            "update . --dry-run": "say what would change",
            "update .": "to the version of this template",
            "update . --answer api=none": "and change an answer as well",
        },
        {
            0: "it is done, and the repository's own check is green",
            1: "there are conflicts to settle, or that check is red",
            2: "it cannot be done: nothing was changed",
            130: "Ctrl-C: nothing was changed",
        },
    ),
    "fleet": Part(
        "look at all repositories of a platform together",
        {
            "fleet ..": "of the clones in a folder",
            "fleet clones.txt --html fleet.html": "of those that a file lists, and as a page",
        },
        {0: "all are in step, and nothing was found", 1: "something was", 2: "one of them could not be determined"},
    ),
    "versions": Part(
        "list the versions of the template",
        {"versions": "the newest first", "versions --json": "for programs"},
        {0: "they are listed", 2: "arguments that cannot work"},
    ),
    "examples": Part(
        "bake examples/ again, after a change of the template",
        {"examples": "the default context, its wheel, its picture, the forms of Backstage"},
        {0: "they are as the template makes them", 1: "the wheel could not be built", 2: "it takes no arguments"},
    ),
}


def of_all(typed: str) -> Usage:
    """Return the usage of the whole command, as it was typed: the first example of each part."""
    examples = {given: does for part in PARTS.values() for given, does in list(part.examples.items())[:1]}
    return alone("usage").Usage(typed, examples, {0: "all is well", 1: "it is not", 2: "nothing could be done"})


def of_part(typed: str, name: str) -> Usage:
    """Return the usage of a part."""
    return alone("usage").Usage(typed, PARTS[name].examples, PARTS[name].statuses)
