"""Why a letter is not redriven."""


class Stays(Exception):
    """The letter cannot be redriven; the message says why, and what to do."""


class Gone(Stays):
    """What the letter stands for exists no more: all that is left is to give it up."""


class NotTaken(Exception):
    """The letter was delivered in vain; it may be taken another time."""
