"""`context step`: the steps of the delivery pipeline and of workflows; the smoke check and the Pulumi CLI's tools.

The versions are the versions of the `pulumi` and `pulumi-aws` packages in the lock. The archive comes from
get.pulumi.com. Its SHA-256 must match the checksum of Pulumi's release on GitHub, so a forgery would have to succeed in
both places. This repository pins no hash. The CLI downloads the plugin without a check. No later command of a step
downloads a plugin (`PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION`; Pulumi's SDK, go/common/env, "env.go").
"""

import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from typer import Argument

from bounded_context_cli.command.aws_errors import sentence
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.installed import repository_or_exit
from bounded_context_cli.command.operation import SystemClock
from bounded_context_cli.command.output import fail
from bounded_context_cli.command.pulumi import region_of
from bounded_context_infra.configuration.project import Project

from .plan import Case, report, stack_of_step, variable, write, write_profile
from .plan import deploy as deploy_plan
from .plan import preview as preview_stack

EVENT = {"smoke_check": True}
PASSED = "passed"

Invoke = Callable[[str], Mapping[str, Any]]
"""Invokes a function by its ARN and returns Lambda's answer."""


def check(functions: Mapping[str, str], invoke: Invoke) -> list[Case]:
    """Invoke each function, given by name and alias ARN, and return a case for each."""
    return [Case("smoke", name, _failure(arn, invoke)) for name, arn in functions.items()]


def _failure(arn: str, invoke: Invoke) -> str | None:
    try:
        answer = invoke(arn)
    except (BotoCoreError, ClientError) as error:
        return f"it cannot be invoked: {sentence(error)}"
    payload = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        return f"it failed: {payload}"
    return None if _passed(payload) else f"its answer does not say that it passed: {payload}"


def _passed(payload: str) -> bool:
    try:
        answer = json.loads(payload)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("smoke_check") == PASSED


def invoke_with_boto3(arn: str) -> Mapping[str, Any]:
    """Invoke a function in the region of its ARN."""
    client = boto3.client("lambda", region_name=arn.split(":")[3])
    return client.invoke(FunctionName=arn, Payload=json.dumps(EVENT).encode())


def check_stack(project: Project, file: Path) -> int:
    """Check the functions of a stack, write the report, and return the exit status: 1 if a function does not pass.

    A repair that has paused the stack throttles the functions: it is printed first. `file` has the stack's outputs.
    """
    outputs: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    try:
        state = _repair_state(outputs)
    except NoCredentialsError as error:
        return fail(sentence(error))
    if state.line:
        sys.stdout.write(f"{state.line}\n")
    cases = check(outputs["functions"], invoke_with_boto3)
    write(report(project, "smoke"), "smoke", cases)
    for case in cases:
        sys.stdout.write(f"{case.name}: {case.failure or PASSED}\n")
    failed = [case.name for case in cases if case.failure]
    back = "check again after the repair" if state.repair else "`context rollout back` returns to the version before"
    return fail(f"The smoke check failed for {', '.join(failed)}: {back}.") if failed else 0


def _repair_state(outputs: Mapping[str, Any]) -> RepairState:
    """Return the facts about a repair of the stack, whose name is the step's variable STACK."""
    tables = boto3.client("dynamodb", region_name=region_of(outputs))
    state = RepairState(os.environ.get("STACK", "STACK"), "shift", SystemClock().now())
    return state.read(tables, outputs["table_name"])


_ARCHIVE = "https://get.pulumi.com/releases/sdk/{name}"
_CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt"
_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}

Fetch = Callable[[str], bytes]


class ToolError(RuntimeError):
    """The tool is missing or not trustworthy. The message names the remedy."""


def installed() -> str | None:
    """Return the version of the Pulumi CLI on the PATH, or None."""
    path = shutil.which("pulumi")
    if path is None:
        return None
    printed = subprocess.run([path, "version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return printed.strip().removeprefix("v")


def install(version_number: str, folder: Path, fetch: Fetch) -> None:
    """Install a version into `folder`. Raises ToolError if the archive's SHA-256 is not the published one."""
    name = f"pulumi-v{version_number}-linux-{_ARCHITECTURES[platform.machine()]}.tar.gz"
    archive = fetch(_ARCHIVE.format(name=name))
    stated = _stated(fetch(_CHECKSUMS.format(version=version_number)).decode(), name)
    if hashlib.sha256(archive).hexdigest() != stated:
        raise ToolError(f"{name} does not have the SHA-256 that Pulumi states for it: do not use it, and tell Pulumi.")
    _unpack(archive, folder)


def _stated(checksums: str, name: str) -> str:
    for line in checksums.splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise ToolError(f"Pulumi states no SHA-256 for {name}: pin a version of pulumi that is released for this machine.")


def _unpack(archive: bytes, folder: Path) -> None:
    """Extract the archive's programs, without their folder, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member) if member.isfile() else None
            if content is not None:
                program = folder / Path(member.name).name
                program.write_bytes(content.read())
                program.chmod(0o755)


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (the addresses above, all https)
        return answer.read()


def require(folder: Path) -> None:
    """Install the CLI into a folder of the PATH, unless it is there, and the AWS plugin. Raises ToolError, OSError."""
    version_number = version("pulumi")
    if installed() != version_number:
        install(version_number, folder, _download)
    sys.stdout.write(f"pulumi {version_number}\n")
    plugin = ["pulumi", "plugin", "install", "resource", "aws", version("pulumi-aws"), "--exact"]
    process = subprocess.run(plugin, capture_output=True, text=True, check=False)  # noqa: S603
    if process.returncode != 0:
        raise ToolError(f"`{' '.join(plugin)}` failed: {' '.join(process.stderr.split())}")


def tools(folder: Annotated[Path, Argument(help="a folder on the PATH")]) -> int:
    """Install the Pulumi CLI in the version of the `pulumi` package, unless it is on the PATH, and its AWS plugin.

    Examples:
      context step tools .venv/bin

    Exit status:
      0  the CLI is on the PATH, and has the plugin
      1  the CLI or the plugin could not be installed
    """
    try:
        require(folder)
    except (ToolError, OSError) as error:
        return fail(f"The Pulumi CLI cannot be installed: {error}")
    return 0


def aws_profile(file: Annotated[Path, Argument(help="the file that AWS_CONFIG_FILE names")]) -> None:
    """Write the AWS profile of the environment that the variables ROLE_ARN and STACK name.

    Examples:
      context step aws-profile build/aws-config

    Exit status:
      0  the profile is written
      1  a variable is missing
    """
    write_profile(file, variable("ROLE_ARN"), f"pipeline-{variable('STACK')}")


def preview() -> None:
    """Preview the stack that the variable STACK names: write plan.json, a report, and a summary for the approval.

    Examples:
      context step preview   in a step with the variable STACK

    Exit status:
      0  the report is written
      1  the preview failed, or a variable is missing
    """
    preview_stack(stack_of_step())


def deploy() -> None:
    """Deploy the previewed plan of the stack that the variable STACK names, and write outputs.json.

    Examples:
      context step deploy   in a step with the variable STACK

    Exit status:
      0  the plan is deployed
      1  the deployment failed, or a variable is missing
    """
    deploy_plan(stack_of_step())


def smoke(outputs: Annotated[Path, Argument(help="the stack's outputs")]) -> int:
    """Invoke each function of a stack with an event that has no effect.

    Examples:
      context step smoke outputs.json

    Exit status:
      0  all functions answer
      1  a function does not
    """
    return check_stack(repository_or_exit(), outputs)
