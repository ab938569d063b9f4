"""The access of an account, as `context permissions account` prints it."""

import os
import subprocess
import sys

from pulumi import RunError

from ..configuration.access import AccountAccess
from ..configuration.project import current


def printed(stack: str) -> AccountAccess:
    """Return the access of the account that a stack of `infra/account` describes. Raises RunError.

    The command runs the program of the service to find out which permissions it needs. Pulumi runs one program in a
    process, so the command has a process of its own, without the variables of the present run.
    """
    command = [sys.executable, "-m", "bounded_context_cli.command", "permissions", "account", stack]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    ran = subprocess.run(  # noqa: S603
        command, cwd=current().root, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise RunError(ran.stderr.strip().removeprefix("Error: "))
    return AccountAccess.model_validate_json(ran.stdout)
