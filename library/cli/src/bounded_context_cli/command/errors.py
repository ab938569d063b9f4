"""The error of the local run. Its message is shown to the user."""


class LocalRunError(Exception):
    """The local run cannot go on."""
