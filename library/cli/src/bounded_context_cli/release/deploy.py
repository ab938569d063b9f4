"""`context deploy`: the deployment of the context by Pulumi's CLI, from a person's terminal."""

import shutil
from typing import Annotated, Any

from typer import Context, Option

from ..command.console import Consoles
from ..command.installed import repository
from ..command.operation import Access, Stack, operate
from ..command.values import reason
from .package import package
from .pulumi import pulumi, service
from .rollout.outputs import NoStack, read_outputs
from .rollout.shifting import refuse_shift

_ATTEMPTS = 9
"""The attempts of a call."""


def deploy(
    ctx: Context,
    stack: Stack,
    during_shift: Annotated[
        str | None,
        Option(parser=reason, metavar="WHY", help="emergency: deploy during a shift of traffic, for this reason"),
    ] = None,
) -> int:
    """Build the functions, and deploy a stack. New versions take traffic with `context rollout start`.

    Refused while traffic of the stack is being shifted. Not refused while a repair has paused the stack: Pulumi writes
    only what differs from its state, which has no pause. Arguments of `pulumi up` may follow; `--refresh` would end it.

    Examples:
      context deploy dev
      context deploy dev --during-shift 'ticket 4711'      although traffic is being shifted

    Exit status:
      2  refused before anything changed
    """
    if during_shift:
        message = ("--message", f"during a shift: {during_shift}")
        return pulumi(service, "up", "--stack", stack, *message, *ctx.args, build=package)
    settled = _check_settled(Access.of(ctx, _ATTEMPTS), stack)
    return settled or pulumi(service, "up", "--stack", stack, *ctx.args, build=package)


def _check_settled(access: Access, stack: str) -> int:
    """Return 0 if no traffic of the stack is being shifted; otherwise print the reason, and return 2."""

    def act() -> int:
        refuse_shift(stack, _outputs(stack), access, "pass --during-shift WHY")
        return 0

    # Without Pulumi's CLI, the deployment itself prints the remedy.
    return operate(Consoles(as_json=False), stack, "deploy", act) if shutil.which("pulumi") else 0


def _outputs(stack: str) -> Any:
    try:
        return read_outputs(stack, repository().service, None)
    except NoStack:
        return {}
