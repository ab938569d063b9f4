"""How the steps call the Pulumi CLI: for one stack of the context's program, and never with a question."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "infra" / "service"
PLAN = ROOT / "plan.json"
"""What the preview proposes and the deployment is held to."""
OUTPUTS = ROOT / "outputs.json"
REPORTS = ROOT / "build" / "reports"


def variable(name: str) -> str:
    """A variable that the step's project sets; without it the step ends with one sentence."""
    return os.environ.get(name) or stop(f"{name} is not set: the step's CodeBuild project says it.")


def stop(sentence: str) -> NoReturn:
    """End the step, which fails, with one sentence."""
    sys.exit(sentence)


def command(stack: str, *arguments: str) -> list[str]:
    """The command line of a call for `stack`."""
    return ["pulumi", *arguments, "--stack", stack, "--cwd", str(PROGRAM), "--non-interactive"]


def output(stack: str, *arguments: str) -> str:
    """What a call prints; if it fails, the step does, with what the call said."""
    result = subprocess.run(command(stack, *arguments), capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        stop(f"pulumi {arguments[0]} failed: {_errors(result.stdout) or result.stderr.strip()}")
    return result.stdout


def _errors(printed: str) -> str:
    """The errors in what a call with `--json` printed, which holds much else; nothing if it printed none."""
    try:
        told: Any = json.loads(printed)
    except ValueError:
        return ""
    diagnostics = told.get("diagnostics", []) if isinstance(told, dict) else []
    return "".join(diagnostic["message"] for diagnostic in diagnostics if diagnostic["severity"] == "error").strip()
