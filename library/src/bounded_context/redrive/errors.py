"""Why a message is not redriven."""


class Stays(Exception):
    """The message cannot be redriven; the message says why, and what to do."""


class Gone(Stays):
    """What the message stands for exists no more: all that is left is to give it up."""


class Late(Exception):
    """The message was deleted after others could receive it, so it may come twice."""


class NotTaken(Exception):
    """The message was delivered in vain; it may be taken another time."""
