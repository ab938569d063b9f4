"""Errors of checks and updates. Each message is a sentence with the remedy; no file was changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class CannotTell(Exception):
    """The check or update is not possible; the message has the reason and the remedy."""


class NotOurs(CannotTell):
    """The folder is not a repository of this template, or its `.template.json` cannot be read."""


class Dirty(CannotTell):
    """The work tree has changes that are not committed."""


class TooOld(CannotTell):
    """The repository's version is older than those that this template updates."""


class Unparsed(CannotTell):
    """A migration step cannot parse a file; ``names`` has the searched names of a step that searches all files."""

    def __init__(self, name: str, path: Path, reason: str, names: Sequence[str]) -> None:
        super().__init__(f"{name}: it cannot be parsed ({reason}): correct and commit it, then update again.")
        self.path, self.reason, self.names = path, reason, names


class Unreachable(CannotTell):
    """The template's sources of a version are not available."""
