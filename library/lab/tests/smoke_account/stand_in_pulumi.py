"""Stands in for the Pulumi CLI, as far as a throw-away stack needs it: records each call, keeps which stacks there are.

The folder in STAND_IN has what it knows: `stacks`, `outputs.json`, `state.json`, and for each call that is to fail a
file with what it says, whose name is the call's first word.
"""

import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(os.environ.get("STAND_IN", "."))
LEFT = {
    "deployment": {
        "resources": [
            {"urn": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s", "type": "pulumi:pulumi:Stack"},
            {
                "urn": "urn:pulumi:s::p::p:infra:Inbox$aws:s3/bucket:Bucket::inbox",
                "type": "aws:s3/bucket:Bucket",
                "custom": True,
            },
        ]
    }
}


def main() -> int:
    """Do as the arguments say."""
    arguments = sys.argv[1:]
    with (FOLDER / "calls").open("a") as calls:
        calls.write(f"{' '.join(arguments[:2])}\n")
    if os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        (FOLDER / f"token-{arguments[0]}").touch()
    fault = FOLDER / arguments[0]
    if fault.exists() and arguments[:2] != ["stack", "ls"]:
        sys.stderr.write(fault.read_text())
        time.sleep(30 if "hangs" in fault.read_text() else 0)
        return 255
    return _do(arguments)


def _do(arguments: list[str]) -> int:
    stacks = (FOLDER / "stacks").read_text().split()
    match arguments[:2]:
        case ["stack", "ls"]:
            sys.stdout.write(json.dumps([{"name": f"organization/{name}"} for name in stacks]))
        case ["version"]:
            sys.stdout.write(f"v{version('pulumi')}\n")
        case ["stack", "tag"]:
            _tag(arguments[2:])
        case ["stack", "init"]:
            (FOLDER / "stacks").write_text(" ".join([*stacks, arguments[3]]))
        case ["stack", "rm"]:
            (FOLDER / "stacks").write_text(" ".join(name for name in stacks if name not in arguments))
        case ["stack", "output"]:
            sys.stdout.write((FOLDER / "outputs.json").read_text())
        case ["stack", "export"]:
            state = FOLDER / "state.json"
            sys.stdout.write(state.read_text() if state.exists() else json.dumps(LEFT))
        case ["plugin", "install"]:
            pass
        case ["up" | "destroy", "--yes"]:
            sys.stdout.write("    1 resource\n")
        case _:
            return 255
    return 0


def _tag(arguments: list[str]) -> None:
    file = FOLDER / f"tags-{arguments[arguments.index('--stack') + 1]}.json"
    tags = json.loads(file.read_text()) if file.exists() else {}
    if arguments[0] == "set":
        file.write_text(json.dumps({**tags, arguments[1]: arguments[2]}))
    else:
        sys.stdout.write(json.dumps(tags))


if __name__ == "__main__":
    sys.exit(main())
