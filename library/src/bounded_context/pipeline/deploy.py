"""Deploys what was previewed and nothing else: `python -m bounded_context.pipeline.deploy`.

Reads plan.json, writes outputs.json. Pulumi holds a preview of its own to the plan before it changes anything, and then
each change.
"""

import re
import subprocess
import sys

from ..rollout.denied import denied
from .lock import LOCKED, refusal
from .pulumi_cli import Stack, stack_of_step, stop

_VIOLATION = re.compile("violates plan|not allowed by the plan|expected resource operations for|no plan for resource")
"""What Pulumi says of a change that is not in the plan, or of one in the plan that is not made."""


def deploy(stack: Stack) -> None:
    """Deploy a stack by its plan; the step ends with one sentence if the plan no longer fits."""
    status, text = _run(stack.command("up", "--yes", "--plan", str(stack.plan)))
    # Later the same words also stand beside what was not done because of another failure.
    checked, _, _ = text.partition(f"Updating ({stack.name})")
    if status != 0 and _VIOLATION.search(checked):
        stop(
            f"The previewed plan no longer fits the stack {stack.name}, and nothing was changed: "
            "start the pipeline again for a new preview."
        )
    if status != 0 and LOCKED.search(text):
        stop(refusal(stack))
    if status != 0 and (lacking := denied(text)):
        stop(f"pulumi up failed: {lacking}: `just permissions deploy {stack.name}` prints what it needs.")
    if status != 0:
        stop(f"pulumi up failed with status {status}: its own words are above.")
    stack.outputs.write_text(stack.output("stack", "output", "--json"))


def _run(arguments: list[str]) -> tuple[int, str]:
    """Run a command, show its lines as they come, and return its status and all that it said."""
    lines: list[str] = []
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:  # noqa: S603
        for line in running.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return running.returncode, "".join(lines)


if __name__ == "__main__":
    deploy(stack_of_step())
