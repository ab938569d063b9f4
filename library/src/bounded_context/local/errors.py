"""What the local run raises when it cannot go on: the message is the sentence the user reads."""


class LocalRunError(Exception):
    """The local run cannot go on."""
