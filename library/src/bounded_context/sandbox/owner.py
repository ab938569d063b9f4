"""Whose a stack is: a name that AWS takes as the value of a tag."""

import re
from typing import Final

from ..rollout.errors import Refused
from ..smoke_account.throwaway import Services

_FORBIDDEN: Final = re.compile(r"[^\w.:/=+@-]+", re.ASCII)
_LONGEST: Final = 128


def person(aws: Services) -> str:
    """Return who calls AWS: the name of the session or of the user. Raises Refused without credentials."""
    return as_tag(aws.caller()["Arn"].rpartition("/")[2])


def as_tag(name: str) -> str:
    """Return a name without what no tag takes: GitHub's `dependabot[bot]` is `dependabot-bot`. Raises Refused."""
    told = _FORBIDDEN.sub("-", name).strip("-")[:_LONGEST]
    if not told:
        raise Refused(f"Nobody can be called {name!r}: log in to AWS with a session or a user that has a name.")
    return told
