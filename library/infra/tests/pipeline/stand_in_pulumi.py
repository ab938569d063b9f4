"""Stands in for the Pulumi CLI, as far as the pipeline's steps call it: records each call, writes what Pulumi would.

It previews and deploys only under the profile that `config set` has put into the stack's file, whose role it says, and
deploys only by a plan that is there: a step passes only if what it needs was handed on by the step before.
"""

import argparse
import configparser
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

PREVIEW = {
    "steps": [
        {"op": "same", "urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"},
        {"op": "create", "urn": "urn:pulumi:s::p::p:infra:Table$aws:dynamodb/table:Table::table"},
        {"op": "update", "urn": "urn:pulumi:s::p::p:infra:Function$aws:lambda/function:Function::list"},
    ],
    "changeSummary": {"create": 1, "same": 1, "update": 1},
}
VIOLATION = "error: resource urn:pulumi:s::p::aws:s3/bucket:Bucket::b violates plan: properties changed: ++tags"


def main() -> int:
    """Do as the arguments say; the variables STAND_IN_* say where calls go, what outputs there are, what goes wrong."""
    options, words = _parser().parse_known_args()
    with Path(os.environ["STAND_IN_CALLS"]).open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    stack_file = Path(options.cwd or ".") / f"Pulumi.{options.stack}.yaml"
    match words:
        case ["version"]:
            _say(f"v{version('pulumi')}")
        case ["plugin", "install", "resource", "aws", *_]:
            return 1 if "STAND_IN_NO_PLUGIN" in os.environ else 0
        case ["config", "set", "aws:profile", profile]:
            _act_as(stack_file, profile)
        case ["preview"]:
            return _preview(options.save_plan and Path(options.save_plan))
        case ["up"]:
            return _up(stack_file, Path(options.plan))
        case ["stack", "output"]:
            _say(os.environ["STAND_IN_OUTPUTS"])
        case _:
            _say(f"error: unknown command {words}")
            return 255
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    for flag in ("--stack", "--cwd", "--save-plan", "--plan", "--policy-pack", "--message"):
        parser.add_argument(flag)
    for flag in ("--non-interactive", "--json", "--yes"):
        parser.add_argument(flag, action="store_true")
    return parser


def _act_as(stack_file: Path, profile: str) -> None:
    file: dict[str, Any] = yaml.safe_load(stack_file.read_text())
    file["config"]["aws:profile"] = profile
    stack_file.write_text(yaml.safe_dump(file))


def _role(stack_file: Path) -> str | None:
    """The role that the profile of the stack's file takes on, in the file of profiles that the step has made."""
    name = yaml.safe_load(stack_file.read_text())["config"].get("aws:profile")
    profiles = configparser.ConfigParser()
    profiles.read(os.environ.get("AWS_CONFIG_FILE", ""))
    return profiles.get(f"profile {name}", "role_arn", fallback=None)


def _preview(plan: Path | None) -> int:
    fault = os.environ.get("STAND_IN_BAD_SETTING")
    if fault:
        _say(json.dumps({"steps": [], "diagnostics": [{"message": f"error: {fault}\n", "severity": "error"}]}))
        return 1
    if plan:
        plan.write_text("{}")
    _say(json.dumps(PREVIEW))
    return 0


def _up(stack_file: Path, plan: Path) -> int:
    role = _role(stack_file)
    unfit = os.environ.get("STAND_IN_UNFIT") or (None if role and plan.exists() else "error: no role, or no plan")
    _say(f"Previewing update ({stack_file.suffixes[0][1:]}):")
    if unfit:
        _say(unfit)
        return 1
    _say(f"Updating ({stack_file.suffixes[0][1:]}):\n    as {role}")
    fault = os.environ.get("STAND_IN_FAULT", "")
    _say(fault)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
