"""The preview of a change to one environment, its reports, and the deployment of the previewed plan.

Reads plan.json and writes outputs.json. Pulumi compares a new preview with the plan before any change, and then each
change.

Writes plan.json for the deployment, and a report and a line for the approving person.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from xml.etree.ElementTree import Element, ElementTree, SubElement

import boto3
import yaml

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, denied, sentence
from bounded_context_cli.command.operation import Access, Clients, clients
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.strategy import too_long

from ..rollout.survey import refuse_shift
from .pulumi_cli import LOCKED, PROFILE, PulumiStack, refusal, require_unlocked, stop

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
