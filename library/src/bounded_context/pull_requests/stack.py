"""A pull request's own stack: `python -m bounded_context.pull_requests.stack up|down`.

The variable PULL_REQUEST has the number, so the stack is `pr-<number>`; OWNER whoever it is for. `up` deploys the
sources as they are and writes outputs.json, which the smoke check reads; `down` destroys the stack.
"""

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ..installed import repository
from ..pipeline.pulumi_cli import Stack, variable
from ..project import Project
from ..rollout.console import Consoles
from ..rollout.errors import INTERRUPTED, REFUSED
from ..sandbox.cli import guarded, now
from ..sandbox.kinds import REQUEST
from ..sandbox.owner import as_tag
from ..sandbox.temporary import raise_up
from ..smoke_account.throwaway import Throwaway
from ..typed import typed
from ..usage import Usage
from ..words import minute

HOURS: Final = 72
"""Until the stack may be swept although the pull request is open: each push to it begins them anew."""

_ABOUT: Final = (
    """A pull request's own stack, named by the variable PULL_REQUEST: pr-<number>; OWNER is whoever it is for."""
)
_EXAMPLES: Final = {
    "up": "deploy the sources as they are, and write outputs.json",
    "down": "destroy it",
}
_STATUSES: Final = {
    0: "all went well",
    1: "something did not",
    REFUSED: "refused before anything changed",
    INTERRUPTED: "interrupted: what already exists stays",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or destroy the stack, and return the exit status."""
    parser = Usage(typed("pull_requests.stack"), _EXAMPLES, _STATUSES).parser(_ABOUT)
    parser.add_argument("act", choices=("up", "down"))
    act = _up if parser.parse_args(arguments).act == "up" else _down
    return guarded(lambda: act(repository()), Consoles(as_json=False))


def _up(project: Project) -> int:
    stack = REQUEST.stack(variable("PULL_REQUEST"))
    until = now() + timedelta(hours=HOURS)
    outputs = raise_up(project, stack, as_tag(variable("OWNER")), until)
    Stack(stack, project).outputs.write_text(json.dumps(dict(outputs)))
    sys.stdout.write(f"{stack} is there until {minute(until)}.\n")
    return 0


def _down(project: Project) -> int:
    stack = REQUEST.stack(variable("PULL_REQUEST"))
    Throwaway(project, stack).remove()
    sys.stdout.write(f"{stack} is destroyed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
