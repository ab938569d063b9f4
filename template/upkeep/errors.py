"""Why an update or a check cannot be done: each is one sentence that says what to do, and nothing was changed."""


class CannotTell(Exception):
    """What is asked cannot be known or done here; the message says why, and what to do."""


class NotOurs(CannotTell):
    """A folder is not a repository of this template, or what it remembers of its bake cannot be read."""


class Unreachable(CannotTell):
    """The template's sources of a version cannot be had."""
