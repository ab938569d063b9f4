"""Call the Pulumi CLI for a stack of the context's program, non-interactively."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from bounded_context_infra.configuration.project import Project

from ...command.denied import denied
from ...command.installed import repository_or_exit
from ...command.pulumi import Pulumi, released
from ...programs.pulumi_files import stack_file
from .aws_profile import NAME as PROFILE

PROGRAM = Path("infra/service")
"""The program in a repository, for commands that a person runs there."""

Reason = Literal[
    "denied",
    "failed",
    "locked",
    "no-key",
    "protected",
    "shifting",
    "slow-strategy",
    "unfit-plan",
    "unknown-lock",
    "unknown-shift",
]


class StepError(SystemExit):
    """The end of a step that failed. Python prints the sentence and exits with status 1.

    Attributes:
        reason: why the step failed.
    """

    def __init__(self, sentence: str, reason: Reason) -> None:
        """Create the error with the sentence for the log."""
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True)
class Stack:
    """A stack of the context's program, with the files that the steps share."""

    name: str
    project: Project

    @property
    def file(self) -> Path:
        """The stack's settings, to which `use_profile` adds a line."""
        return stack_file(self.project.service, self.name)

    @property
    def plan(self) -> Path:
        """The plan that the preview writes and the deployment executes."""
        return self.project.root / "plan.json"

    @property
    def outputs(self) -> Path:
        """The outputs of the deployment, in the form of `pulumi stack output --json`."""
        return self.project.root / "outputs.json"

    def use_profile(self) -> None:
        """Write the environment's profile into the stack's settings.

        A plan contains the provider's settings. They name the profile, not the role, which differs between the steps.
        """
        self.output("config", "set", "aws:profile", PROFILE)

    @property
    def pulumi(self) -> Pulumi:
        """The CLI for the stack."""
        return Pulumi(self.name, self.project.service)

    @property
    def policies(self) -> list[str]:
        """The arguments for the policy pack in the variable POLICY_PACK, if any."""
        pack = os.environ.get("POLICY_PACK")
        return ["--policy-pack", pack] if pack else []

    def output(self, *arguments: str) -> str:
        """Return the output of a call. If the call fails, end the step with its error."""
        result = self.pulumi.call(*arguments)
        if result.returncode != 0:
            message = _errors(result.stdout) or result.stderr.strip()
            stop(*_reported(f"pulumi {arguments[0]} failed: {message}", released(message, self.name, PROGRAM)))
        return result.stdout


def stack_of_step() -> Stack:
    """Return the stack of the variable STACK, in the current repository."""
    return Stack(variable("STACK"), repository_or_exit())


def variable(name: str) -> str:
    """Return a variable of the step's project or workflow. Without the variable, end the step with a sentence."""
    return os.environ.get(name) or stop(f"{name} is not set: it belongs in the CodeBuild project or the workflow.")


def stop(sentence: str, reason: Reason = "failed") -> NoReturn:
    """End the step with a sentence and status 1.

    Raises:
        StepError: always.
    """
    raise StepError(sentence, reason)


def _reported(failure: str, protected: list[str]) -> tuple[str, Reason]:
    """Return a failure with its remedy, and the reason."""
    if protected:
        return "\n".join([failure, *protected]), "protected"
    lacking = denied(failure)
    remedy = f"\nIn short: {lacking}: `context permissions` prints what it needs." if lacking else ""
    return failure + remedy, "denied" if lacking else "failed"


def _errors(printed: str) -> str:
    """Return the error messages in the output of a call with `--json`; empty if there is none."""
    try:
        document: Any = json.loads(printed)
    except ValueError:
        return ""
    diagnostics = document.get("diagnostics", []) if isinstance(document, dict) else []
    return "".join(diagnostic["message"] for diagnostic in diagnostics if diagnostic["severity"] == "error").strip()
