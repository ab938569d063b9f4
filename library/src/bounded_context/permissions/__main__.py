"""`uv run just permissions ROLE STACK [ACCOUNT]`: prints the policy of a role of the pipeline, or of who redrives.

Nothing is asked of AWS: the document comes of what the stack's program registers.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from ..infra.consumes import consumed
from ..installed import repository
from ..project import Project, ProjectError
from ..testing.graph import service
from .policies import ROLES, place, policy, unknown


class NoAccount(ProjectError):
    """Nobody said in which account the role is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the document.

    Returns:
        The exit status: 1 if there is a resource whose actions are not known here, 2 if nothing could be printed.
    """
    options = _parser().parse_args(arguments)
    try:
        project = repository()
        return _print(project, options.role, options.stack, options.account or _account(project, options))
    except ProjectError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _print(project: Project, role: str, stack: str, account: str) -> int:
    program = service()
    if stack not in program.stacks():
        raise ProjectError(f"There is no stack {stack}: write one of {', '.join(program.stacks())}.")
    config, graph = program.config(stack), program.run(stack)
    ours = {key.partition(":")[2]: value for key, value in config.items() if key.startswith(f"{project.package}:")}
    where = place(project.context, stack, config["aws:region"], account)
    document = policy(role, where, graph, consumed(project.context, ours))
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    left_out = unknown(graph) if role in ("preview", "deploy") else []
    for one in left_out:
        sys.stderr.write(f"{one} is of a kind of your own: add what its provider asks for to the policy.\n")
    return 1 if left_out else 0


def _account(project: Project, options: argparse.Namespace) -> str:
    """The account of the role in the pipeline's settings."""
    file: dict[str, Any] = yaml.safe_load((project.pipeline / "Pulumi.main.yaml").read_text(encoding="utf-8"))
    for environment in file["config"].get(f"{project.package}-pipeline:environments", ()):
        if environment["name"] == options.stack and "roles" in environment:
            roles = environment["roles"]
            return roles.get(options.role, roles["shift"]).split(":")[4]
    raise NoAccount(
        f"infra/pipeline/Pulumi.main.yaml has no roles of {options.stack}: write its account, "
        f"`just permissions {options.role} {options.stack} <account>`."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="just permissions",
        description="The IAM policy that a role of the pipeline needs in an environment, or whoever redrives there.",
    )
    parser.add_argument("role", choices=ROLES, help="shift is that of the smoke check too, redrive a person's")
    parser.add_argument("stack", help="the environment, such as dev")
    parser.add_argument("account", nargs="?", help="the environment's account; default: as the pipeline's settings say")
    return parser


if __name__ == "__main__":
    sys.exit(main())
