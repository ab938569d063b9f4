"""The command `context reproduce` in a process of its own, with a second embedded AWS."""

import json
import subprocess
from pathlib import Path
from typing import Any

from bounded_context_infra.configuration.project import VARIABLE
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from tests.console import PROGRAM

from .facts import ENVIRONMENT

SECONDS = 120
_DEBUGGER = "p 'stopped at', event.list_id\nq\n"
"""The commands for the debugger, with a name of the team's frame."""

Done = subprocess.CompletedProcess[str]


def own(repository: Path) -> dict[str, str]:
    """Return the variables of a process that runs another repository than these tests'."""
    return {VARIABLE: str(repository), "PYTHONPATH": str(repository / "src")}


def reproduce(deployed: RunningContext, folder: Path, *arguments: str, **more: str) -> Done:
    """Reproduce a failed call of a running context; the outputs of its stack are written into a folder."""
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps(dict(deployed.outputs)))
    words = [PROGRAM, "reproduce", STACK, *arguments, "--outputs", str(outputs)]
    environment = ENVIRONMENT | deployed.emulator.client_environment() | more
    return subprocess.run(  # noqa: S603
        words, input=_DEBUGGER, capture_output=True, text=True, env=environment, timeout=SECONDS, check=False
    )


def answer(result: Done) -> Any:
    """Return the answer of the reproduced function."""
    return json.loads(result.stdout[result.stdout.rindex("\n{\n") :])
