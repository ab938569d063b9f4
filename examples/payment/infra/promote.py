"""Moves the aliases of a stack to the newest versions, all at once: `python -m infra.promote <stack>`.

Pulumi publishes versions and leaves the aliases alone, so that a rollout can shift traffic step by step. Until a stack
has such a rollout, this is how a deployment goes live.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3

PROGRAM = Path(__file__).parent / "service"


class Moved(NamedTuple):
    """An alias and the versions it pointed at before and after; equal if it was up to date."""

    name: str
    before: str
    after: str


def promote(outputs: Mapping[str, Any], functions: Any, machines: Any) -> list[Moved]:
    """Move the aliases that a stack's outputs name, with a Lambda and a Step Functions client; return what was done."""
    moved = [_promote_function(functions, arn) for arn in outputs["functions"].values()]
    return [*moved, _promote_machine(machines, outputs["state_machine"], outputs["state_machine_arn"])]


def _promote_function(client: Any, alias_arn: str) -> Moved:
    *_, function, alias = alias_arn.split(":")
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    versions = [version["Version"] for page in pages for version in page["Versions"]]
    newest = max((version for version in versions if version != "$LATEST"), key=int)
    current = client.get_alias(FunctionName=function, Name=alias)
    if current["FunctionVersion"] != newest:
        # The revision refuses the move if somebody else moved the alias meanwhile.
        client.update_alias(FunctionName=function, Name=alias, FunctionVersion=newest, RevisionId=current["RevisionId"])
    return Moved(function, current["FunctionVersion"], newest)


def _promote_machine(client: Any, machine_arn: str, alias_arn: str) -> Moved:
    # The newest version comes first in the list.
    newest = client.list_state_machine_versions(stateMachineArn=machine_arn)["stateMachineVersions"][0]
    newest_arn = newest["stateMachineVersionArn"]
    [current, *_] = client.describe_state_machine_alias(stateMachineAliasArn=alias_arn)["routingConfiguration"]
    if current["stateMachineVersionArn"] != newest_arn:
        routing = [{"stateMachineVersionArn": newest_arn, "weight": 100}]
        client.update_state_machine_alias(stateMachineAliasArn=alias_arn, routingConfiguration=routing)
    return Moved(_part(machine_arn, 6), _part(current["stateMachineVersionArn"], 7), _part(newest_arn, 7))


def _part(arn: str, number: int) -> str:
    return arn.split(":")[number]


def outputs_of(stack: str) -> Mapping[str, Any]:
    """Return a stack's outputs, asked of the Pulumi CLI."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--cwd", str(PROGRAM)]
    try:
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    except FileNotFoundError:
        sys.exit("The Pulumi CLI is not on the PATH: see https://www.pulumi.com/docs/install/")
    except subprocess.CalledProcessError as error:
        sys.exit(f"Pulumi has no outputs of the stack {stack}: {error.stderr.strip()}")


def main() -> None:
    """Promote one stack and say what moved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stack")
    outputs = outputs_of(parser.parse_args().stack)
    for name, before, after in promote(outputs, boto3.client("lambda"), boto3.client("stepfunctions")):
        print(f"{name}: {f'version {before} -> {after}' if before != after else f'at version {after} already'}")  # noqa: T201


if __name__ == "__main__":
    main()
