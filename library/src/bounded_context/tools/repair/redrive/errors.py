"""Reasons why a message is not redriven."""


class Stays(Exception):
    """A message that cannot be redriven; the text has the reason and the remedy."""


class Gone(Stays):
    """A message whose records or object no longer exist, so that it can only be discarded."""


class Late(Exception):
    """A message that was deleted after it was visible again, and may arrive twice."""


class NotTaken(Exception):
    """A failed delivery that may succeed in another run."""
