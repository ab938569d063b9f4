"""Call the Pulumi CLI for a stack of the context's program, and read its lock on the stack.

A preview works in spite of a lock. Without this check, a person could approve changes that cannot be deployed.

The profile assumes the environment's role with the credentials of the build, and again when they expire.
"""

import configparser
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qs

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from bounded_context.domain.spelling import minute
from bounded_context_infra.configuration.access import bucket_name, locks
from bounded_context_infra.configuration.project import Project

from ...command.aws_errors import denied, sentence
from ...command.installed import repository_or_exit
from ...command.pulumi import Pulumi, released
from ...programs.pulumi_files import stack_file

PROFILE = "environment"


def write_profile(path: Path, role_arn: str, session: str) -> None:
    """Write the profile `environment` into `path`. CloudTrail shows `session` as the session's name."""
    profile = configparser.ConfigParser()
    profile[f"profile {PROFILE}"] = {
        "role_arn": role_arn,
        "role_session_name": session,
        # CodeBuild provides credentials in the same way as ECS.
        "credential_source": "EcsContainer",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        profile.write(file)


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
class PulumiStack:
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
            stop(*_with_remedy(f"pulumi {arguments[0]} failed: {message}", released(message, self.name, PROGRAM)))
        return result.stdout


def stack_of_step() -> PulumiStack:
    """Return the stack of the variable STACK, in the current repository."""
    return PulumiStack(variable("STACK"), repository_or_exit())


def variable(name: str) -> str:
    """Return a variable of the step's project or workflow. Without the variable, end the step with a sentence."""
    return os.environ.get(name) or stop(f"{name} is not set: it belongs in the CodeBuild project or the workflow.")


def stop(sentence: str, reason: Reason = "failed") -> NoReturn:
    """End the step with a sentence and status 1.

    Raises:
        StepError: always.
    """
    raise StepError(sentence, reason)


def _with_remedy(failure: str, protected: list[str]) -> tuple[str, Reason]:
    """Return a failure with its remedy, and the reason."""
    if protected:
        return "\n".join([failure, *protected]), "protected"
    denial = denied(failure)
    remedy = f"\nIn short: {denial}: `context permissions` prints what it needs." if denial else ""
    return failure + remedy, "denied" if denial else "failed"


def _errors(printed: str) -> str:
    """Return the error messages in the output of a call with `--json`; empty if there is none."""
    try:
        document: Any = json.loads(printed)
    except ValueError:
        return ""
    diagnostics = document.get("diagnostics", []) if isinstance(document, dict) else []
    return "".join(diagnostic["message"] for diagnostic in diagnostics if diagnostic["severity"] == "error").strip()


LOCKED = re.compile("the stack is currently locked by|Another update is currently in progress")
"""The Pulumi CLI's messages about a lock in S3 and in Pulumi Cloud."""


def is_in_s3(backend: str) -> bool:
    """Return whether a backend is a bucket of S3."""
    return backend.startswith("s3://")


def client(backend: str) -> Any:
    """Return a client of S3 in the backend's region, if its address has one."""
    region = parse_qs(backend.partition("?")[2]).get("region", [None])[0]
    return boto3.client("s3", region_name=region)


def require_unlocked(stack: PulumiStack, backend: str) -> None:
    """End the step if a stack in an S3 `backend` is locked. In Pulumi Cloud, a lock expires within minutes."""
    if not is_in_s3(backend):
        return
    try:
        since = _since(backend, stack)
    except (BotoCoreError, ClientError) as error:
        stop(f"The lock of the stack {stack.name} cannot be read: {sentence(error, None)}", "unknown-lock")
    if since is not None:
        stop(refusal(stack, f" since {minute(since)}"), "locked")


def refusal(stack: PulumiStack, since: str = "") -> str:
    """Return the sentence about a lock, with its remedy."""
    return (
        f"The stack {stack.name} is locked{since}, and nothing was changed: a deployment is running, or an earlier "
        "deployment was aborted. `uv run context docs runbook a-stack-is-locked` describes the remedy."
    )


def _since(backend: str, stack: PulumiStack) -> datetime | None:
    """Return the time of the oldest lock, or None. Reads at most 1,000 locks, the maximum of an answer."""
    listing = client(backend).list_objects_v2(
        Bucket=bucket_name(backend), Prefix=locks(stack.project.package, stack.name)
    )
    return min((lock["LastModified"] for lock in listing.get("Contents", []) if "LastModified" in lock), default=None)
