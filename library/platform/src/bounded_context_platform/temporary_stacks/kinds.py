"""The kinds of temporary stacks with an owner and an end, and their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bounded_context_cli.command.aws_errors import Refused
from bounded_context_infra.configuration import collisions

MODEL: Final = "dev"
"""The stack whose settings a temporary stack copies."""

_LONGEST: Final = 20
"""The maximum length of a name. With the context's and a function's name, AWS allows 64 characters."""


@dataclass(frozen=True)
class Kind:
    """A kind of stack: the prefix of its stacks' names, the form of the rest, and a description of the form."""

    prefix: str
    form: re.Pattern[str]
    description: str

    def stack(self, name: str) -> str:
        """Return the stack's name. Raises Refused if `name` does not have the form."""
        if not self.form.fullmatch(name) or len(name) > _LONGEST:
            raise Refused(
                f"{name!r} cannot be part of a stack's name: write {self.description}, {_LONGEST} characters at most."
            )
        return f"{self.prefix}-{name}"


SANDBOX: Final = Kind(
    collisions.SANDBOX, re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "lower-case letters, digits and single hyphens"
)
PULL_REQUEST: Final = Kind(collisions.PULL_REQUEST, re.compile(r"[1-9][0-9]*"), "the number of a pull request")
KINDS: Final[Mapping[str, Kind]] = {kind.prefix: kind for kind in (SANDBOX, PULL_REQUEST)}


def has_kind(stack: str) -> bool:
    """Return whether a stack's name has the form of a kind. Permanent stacks have other names."""
    prefix, _, name = stack.partition("-")
    return prefix in KINDS and KINDS[prefix].form.fullmatch(name) is not None
