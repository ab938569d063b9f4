"""The previewed plan of a change to one environment, by the Pulumi CLI: its reports, and its deployment.

A preview writes plan.json, and a report and a line for the approving person. A deployment reads plan.json and writes
outputs.json. Pulumi compares a new preview with the plan before any change, and then each change.

A preview works in spite of a lock on the stack. Without the check of the lock, a person could approve changes that
cannot be deployed. The profile assumes the environment's role with the credentials of the build, and again when they
expire.
"""

import configparser
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, NoReturn, Self
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ElementTree, SubElement

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, denied, sentence
from bounded_context_cli.command.installed import repository_or_exit
from bounded_context_cli.command.operation import Access, Clients, clients
from bounded_context_cli.command.output import minute
from bounded_context_cli.command.pulumi import Pulumi, released
from bounded_context_cli.programs.pulumi_files import stack_file
from bounded_context_infra.configuration.access import bucket_name, locks
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.strategy import too_long

from .rollout.survey import refuse_shift

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


_VIOLATION = re.compile("violates plan|not allowed by the plan|expected resource operations for|no plan for resource")
"""Pulumi's messages about a change that is missing in the plan, or a planned change that is not made."""


DURING_SHIFT: Final = "DURING_SHIFT"
"""The pipeline's variable with the reason of a deployment during a shift; `no` is no reason."""

_ATTEMPTS: Final = 9
"""The attempts of a call."""


def deploy(stack: PulumiStack) -> None:
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
    if status != 0 and (denial := denied(text)):
        stop(f"pulumi up failed: {denial}: `context permissions deploy {stack.name}` prints what it needs.", "denied")
    if status != 0:
        stop(f"pulumi up failed with status {status}: see its output above.")
    stack.outputs.write_text(stack.output("stack", "output", "--json"))


def _require_settled(stack: PulumiStack) -> None:
    """End the step if traffic of the stack is being shifted, or if that cannot be read."""
    outputs = json.loads(stack.output("stack", "output", "--json"))
    try:
        refuse_shift(stack.name, outputs, Access(_clients), f"set the pipeline's variable {DURING_SHIFT} to a reason")
    except Refusal as refused:
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


class Case(NamedTuple):
    """A test case; `failure` is the reason of a failure."""

    group: str
    name: str
    failure: str | None = None


def report(project: Project, step: str) -> Path:
    """Return the path of a step's report, in the folder that the buildspecs name."""
    return project.build / "reports" / f"{step}.xml"


def write(path: Path, suite: str, cases: Sequence[Case]) -> None:
    """Write the cases as a suite, and create the folder."""
    failures = sum(case.failure is not None for case in cases)
    root = Element("testsuite", name=suite, tests=str(len(cases)), failures=str(failures), errors="0", skipped="0")
    for case in cases:
        element = SubElement(root, "testcase", classname=case.group, name=case.name, time="0")
        if case.failure is not None:
            SubElement(element, "failure", message=case.failure)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


OPERATIONS = ("create", "update", "replace", "delete")
"""The counted operations, without the halves of a replacement and without reads."""

HOLDS_DATA = frozenset(
    f"aws:{kind}"
    for kind in (
        "cloudwatch/logGroup:LogGroup",
        "dynamodb/table:Table",
        "kms/key:Key",
        "s3/bucket:Bucket",
        "sqs/queue:Queue",
    )
)
"""Types whose deletion or replacement deletes data."""

_LONGEST = 700
"""The maximum length of the line. CodePipeline's field has 1,000 characters and also contains other text."""


@dataclass(frozen=True)
class Change:
    """A planned change of a resource."""

    operation: str
    type: str
    name: str

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> Self:
        """Parse a step of `pulumi preview --json`."""
        # urn:pulumi:<stack>::<project>::<type of the parent>$<type>::<name>
        *_, types, name = step["urn"].split("::")
        return cls(step["op"], types.rpartition("$")[2], name)

    @property
    def loses_data(self) -> bool:
        """Whether the change deletes a resource with data."""
        return self.operation in ("replace", "delete") and self.type in HOLDS_DATA

    def __str__(self) -> str:
        return f"{self.operation} {self.name} ({self.type})"


def changes(preview: Mapping[str, Any]) -> list[Change]:
    """Return the changes of a preview, given the output of `pulumi preview --json`."""
    return [Change.of(step) for step in preview.get("steps", []) if step["op"] in OPERATIONS]


def summary(changes: Sequence[Change]) -> str:
    """Return the changes in one line, for instance `3 to create, 2 to update, 0 to replace, 0 to delete`."""
    counts = Counter(change.operation for change in changes)
    line = ", ".join(f"{counts[operation]} to {operation}" for operation in OPERATIONS)
    lost = [str(change) for change in changes if change.loses_data]
    text = f"{line}; DATA IS LOST: {', '.join(lost)}" if lost else line
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def cases(changes: Sequence[Change]) -> list[Case]:
    """Return a test case for each change. A change that deletes data fails."""
    if not changes:
        return [Case("preview", "nothing changes")]
    return [
        Case(change.type, f"{change.operation} {change.name}", "this deletes data" if change.loses_data else None)
        for change in changes
    ]


def preview(stack: PulumiStack) -> None:
    """Preview a stack with the environment's profile, from the file in the variable AWS_CONFIG_FILE."""
    require_secrets_provider(stack.file, os.environ.get("SECRETS_PROVIDER"))
    if problem := too_long(stack.project.context.name, _read(stack.file)):
        stop(f"{stack.file.name}: {problem}", "slow-strategy")
    require_unlocked(stack, os.environ.get("PULUMI_BACKEND_URL", ""))
    stack.use_profile()
    operations = changes(json.loads(stack.output("preview", "--json", "--save-plan", str(stack.plan), *stack.policies)))
    for change in operations:
        sys.stdout.write(f"{change}\n")
    sys.stdout.write(f"{summary(operations)}\n")
    file = report(stack.project, "preview")
    write(file, f"preview of {stack.name}", cases(operations))
    file.with_suffix(".txt").write_text(summary(operations))


def require_secrets_provider(stack_file: Path, provider: str | None) -> None:
    """End the step if the stack's file has another secrets provider. Otherwise Pulumi would ask for a passphrase.

    The role of the step may not use another provider, or only for another stack.
    """
    settings = _read(stack_file)
    if provider is None or (settings.get("secretsprovider") == provider and "encryptedkey" in settings):
        return
    stack = f"--cwd infra/service --stack {stack_file.name.split('.')[1]}"
    command = f"pulumi stack init {stack} --secrets-provider '{provider}'"
    if {"encryptedkey", "encryptionsalt"} & settings.keys():
        command = f"pulumi stack change-secrets-provider '{provider}' {stack}"
    stop(
        f"{stack_file.name} has no encryptedkey of {provider}, its secrets provider in "
        f"infra/pipeline/Pulumi.main.yaml: run `{command}`, and commit the file.",
        "no-key",
    )


def _read(stack_file: Path) -> dict[str, Any]:
    return (yaml.safe_load(stack_file.read_text()) if stack_file.exists() else None) or {}
