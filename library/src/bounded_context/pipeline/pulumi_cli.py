"""How the steps call the Pulumi CLI: for one stack of the context's program, and never with a question."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..installed import repository_or_exit
from ..project import Project
from ..pulumi_files import stack_file
from ..rollout.denied import denied


@dataclass(frozen=True)
class Stack:
    """A stack of the context's program, and the files in which one step hands it on to the next."""

    name: str
    project: Project

    @property
    def file(self) -> Path:
        """The stack's settings; the preview adds the environment's role."""
        return stack_file(self.project.service, self.name)

    @property
    def plan(self) -> Path:
        """What the preview proposes and the deployment is held to."""
        return self.project.root / "plan.json"

    @property
    def outputs(self) -> Path:
        """The outputs that the deployment left, as `pulumi stack output --json` prints them."""
        return self.project.root / "outputs.json"

    def command(self, *arguments: str) -> list[str]:
        """The command line of a call."""
        place = ["--stack", self.name, "--cwd", str(self.project.service)]
        return ["pulumi", *arguments, *place, "--non-interactive"]

    def output(self, *arguments: str) -> str:
        """What a call prints; if it fails, the step does, with what the call said."""
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode != 0:
            said = _errors(result.stdout) or result.stderr.strip()
            lacking = denied(said)
            stop(
                f"pulumi {arguments[0]} failed: {said}"
                + (f"\nIn short: {lacking}: `just permissions` prints what it needs." if lacking else "")
            )
        return result.stdout


def stack_of_step() -> Stack:
    """The stack that the step's project names, in the current repository."""
    return Stack(variable("STACK"), repository_or_exit())


def variable(name: str) -> str:
    """A variable that the step's project or workflow sets; without it the step ends with one sentence."""
    return os.environ.get(name) or stop(f"{name} is not set: it belongs in the CodeBuild project or the workflow.")


def stop(sentence: str) -> NoReturn:
    """End the step, which fails, with one sentence."""
    sys.exit(sentence)


def _errors(printed: str) -> str:
    """The errors in what a call with `--json` printed, which holds much else; nothing if it printed none."""
    try:
        told: Any = json.loads(printed)
    except ValueError:
        return ""
    diagnostics = told.get("diagnostics", []) if isinstance(told, dict) else []
    return "".join(diagnostic["message"] for diagnostic in diagnostics if diagnostic["severity"] == "error").strip()
