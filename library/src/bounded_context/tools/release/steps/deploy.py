"""The deployment of a previewed plan.

Reads plan.json and writes outputs.json. Pulumi compares a new preview with the plan before any change, and then each
change.
"""

import re
import subprocess
import sys

from ...command.denied import denied
from .lock import LOCKED, refusal
from .pulumi_cli import Stack, stop

_VIOLATION = re.compile("violates plan|not allowed by the plan|expected resource operations for|no plan for resource")
"""Pulumi's messages about a change that is missing in the plan, or a planned change that is not made."""


def deploy(stack: Stack) -> None:
    """Deploy a stack by its plan. If the plan is outdated, end the step with a sentence."""
    stack.use_profile()
    status, text = _run(stack.command("up", "--yes", "--plan", str(stack.plan)))
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


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run a command, show its output, and return its status and its output."""
    lines: list[str] = []
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:  # noqa: S603
        for line in running.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return running.returncode, "".join(lines)
