"""`context step`: the steps of the delivery pipeline and of workflows."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from ...command.installed import repository_or_exit
from ...command.output import fail
from . import aws_profile as profile
from .deploy import deploy as deploy_plan
from .preview import preview as preview_stack
from .pulumi_cli import stack_of_step, variable
from .smoke import check_stack
from .tools import ToolError, require


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
    """
    profile.write(file, variable("ROLE_ARN"), f"pipeline-{variable('STACK')}")


def preview() -> None:
    """Preview the stack that the variable STACK names: write plan.json, a report, and a summary for the approval."""
    preview_stack(stack_of_step())


def deploy() -> None:
    """Deploy the previewed plan of the stack that the variable STACK names, and write outputs.json."""
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
