"""The stack of a pull request.

The variable PULL_REQUEST has the number, so the stack is `pr-<number>`. OWNER is the owner of the stack. `up` deploys
the current sources and writes outputs.json for the smoke check. `down` destroys the stack.
"""

import json
import sys
from datetime import timedelta
from typing import Final

from ....configuration.project import Project
from ....domain.spelling import minute
from ...release.steps.pulumi_cli import Stack, variable
from ..sandbox.cli import now
from ..sandbox.kinds import REQUEST
from ..sandbox.owner import as_tag
from ..sandbox.temporary import raise_up
from ..throwaway import Throwaway

HOURS: Final = 72
"""The lifetime of the stack of an open pull request. Each push restarts it."""


def create(project: Project) -> int:
    """Create the stack of a pull request, or deploy the sources to it again, and write outputs.json."""
    stack = REQUEST.stack(variable("PULL_REQUEST"))
    until = now() + timedelta(hours=HOURS)
    outputs = raise_up(project, stack, as_tag(variable("OWNER")), until)
    Stack(stack, project).outputs.write_text(json.dumps(dict(outputs)))
    sys.stdout.write(f"{stack} is there until {minute(until)}.\n")
    return 0


def destroy(project: Project) -> int:
    """Destroy the stack of a pull request."""
    stack = REQUEST.stack(variable("PULL_REQUEST"))
    Throwaway(project, stack).remove()
    sys.stdout.write(f"{stack} is destroyed.\n")
    return 0
