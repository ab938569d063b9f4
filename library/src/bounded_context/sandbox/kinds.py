"""The kinds of stacks that are there for a while, and how each is called."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..rollout.errors import Refused

_LONGEST: Final = 20
"""Characters of a name: with a context's, and a function's, it must fit AWS's 64."""


@dataclass(frozen=True)
class Kind:
    """A kind of stack: what its stacks' names begin with, what else they hold, and what people write."""

    prefix: str
    form: re.Pattern[str]
    words: str

    def stack(self, name: str) -> str:
        """Return the stack's name. Raises Refused unless `name` is of the form."""
        if not self.form.fullmatch(name) or len(name) > _LONGEST:
            raise Refused(
                f"{name!r} cannot be part of a stack's name: write {self.words}, {_LONGEST} characters at most."
            )
        return f"{self.prefix}-{name}"


SANDBOX: Final = Kind("sandbox", re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "lower-case letters, digits and single hyphens")
"""A person's."""

REQUEST: Final = Kind("pr", re.compile(r"[1-9][0-9]*"), "the number of a pull request")
"""A pull request's."""

KINDS: Final[Mapping[str, Kind]] = {kind.prefix: kind for kind in (SANDBOX, REQUEST)}


def kind_of(stack: str) -> Kind | None:
    """Return the kind of a stack, None of one that is there for good."""
    prefix, _, name = stack.partition("-")
    kind = KINDS.get(prefix)
    return kind if kind and kind.form.fullmatch(name) else None
