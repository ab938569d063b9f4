"""The smoke check: each function's alias is invoked with an event that has no effect and that every handler answers."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from bounded_context_infra.configuration.project import Project

from ...command.aws_errors import sentence
from ...command.clock import SystemClock
from ...command.output import fail
from ...command.repair import RepairState
from ..rollout.outputs import region_of
from .junit import Case, report, write

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
    found = check(outputs["functions"], invoke_with_boto3)
    write(report(project, "smoke"), "smoke", found)
    for case in found:
        sys.stdout.write(f"{case.name}: {case.failure or PASSED}\n")
    failed = [case.name for case in found if case.failure]
    back = "check again after the repair" if state.repair else "`context rollout back` returns to the version before"
    return fail(f"The smoke check failed for {', '.join(failed)}: {back}.") if failed else 0


def _repair_state(outputs: Mapping[str, Any]) -> RepairState:
    """Return the facts about a repair of the stack, whose name is the step's variable STACK."""
    tables = boto3.client("dynamodb", region_name=region_of(outputs))
    state = RepairState(os.environ.get("STACK", "STACK"), "shift", SystemClock().now())
    return state.read(tables, outputs["table_name"])
