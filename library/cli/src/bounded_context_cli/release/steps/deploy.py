"""The deployment of a previewed plan.

Reads plan.json and writes outputs.json. Pulumi compares a new preview with the plan before any change, and then each
change.
"""

import json
import os
import re
import subprocess
import sys
from typing import Final

import boto3

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from ...command.denied import denied
from ...command.operation import Access, Clients, clients
from ..rollout.shifting import refuse_shift
from .aws_profile import NAME as PROFILE
from .lock import LOCKED, refusal
from .pulumi_cli import Stack, stop

_VIOLATION = re.compile("violates plan|not allowed by the plan|expected resource operations for|no plan for resource")
"""Pulumi's messages about a change that is missing in the plan, or a planned change that is not made."""


DURING_SHIFT: Final = "DURING_SHIFT"
"""The pipeline's variable with the reason of a deployment during a shift; `no` is no reason."""

_ATTEMPTS: Final = 9
"""The attempts of a call."""


def deploy(stack: Stack) -> None:
    """Deploy a stack by its plan. End the step with a sentence during a shift, or if the plan is outdated."""
    reason = os.environ.get(DURING_SHIFT) or "no"
    if reason == "no":
        _require_settled(stack)
    stack.use_profile()
    message = [] if reason == "no" else ["--message", f"during a shift: {reason}"]
    status, text = _run(stack.pulumi.command("up", "--yes", "--plan", str(stack.plan), *stack.policies, *message))
    # After this heading, the same words also describe changes that were skipped because of another failure.
    checked, _, _ = text.partition(f"Updating ({stack.name})")
    if status != 0 and _VIOLATION.search(checked):
        stop(
            f"The previewed plan no longer fits the stack {stack.name}, and nothing was changed: "
            "start the pipeline again for a new preview.",
            "unfit-plan",
        )
    if status != 0 and LOCKED.search(text):
        stop(refusal(stack), "locked")
    if status != 0 and (lacking := denied(text)):
        stop(f"pulumi up failed: {lacking}: `context permissions deploy {stack.name}` prints what it needs.", "denied")
    if status != 0:
        stop(f"pulumi up failed with status {status}: see its output above.")
    stack.outputs.write_text(stack.output("stack", "output", "--json"))


def _require_settled(stack: Stack) -> None:
    """End the step if traffic of the stack is being shifted, or if that cannot be read."""
    outputs = json.loads(stack.output("stack", "output", "--json"))
    try:
        refuse_shift(stack.name, outputs, Access(_clients), f"set the pipeline's variable {DURING_SHIFT} to a reason")
    except Refused as refused:
        stop(str(refused), "shifting")
    except AWS_ERRORS as error:
        stop(f"The traffic of the stack {stack.name} cannot be read: {sentence(error, 'deploy')}", "unknown-shift")


def _clients(region: str) -> Clients:
    """Return the clients with the environment's profile."""
    return clients(region, _ATTEMPTS, boto3.Session(profile_name=PROFILE))


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run a command, show its output, and return its status and its output."""
    lines: list[str] = []
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:  # noqa: S603
        for line in running.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return running.returncode, "".join(lines)
