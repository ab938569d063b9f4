"""Errors of checks and updates. Each message is a sentence with the remedy; no file was changed."""


class CannotTell(Exception):
    """The check or update is not possible; the message has the reason and the remedy."""


class NotOurs(CannotTell):
    """The folder is not a repository of this template, or its `.template.json` cannot be read."""


class Dirty(CannotTell):
    """The work tree has changes that are not committed."""


class Unreachable(CannotTell):
    """The template's sources of a version are not available."""
