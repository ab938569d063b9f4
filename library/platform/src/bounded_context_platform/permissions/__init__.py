"""`context permissions`: the IAM policies and trust policies of the roles that deploy, release and repair."""

import json
import sys
from typing import Annotated, Final, Literal

from typer import Argument, Option

from bounded_context_cli.command.aws_errors import Document
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import refuse
from bounded_context_infra.configuration.project import ProjectError

Role = Literal[Document, "trust", "boundary", "account"]
_ROLE: Final = (
    "shift is also the role of the smoke check; deadlines, redrive, reseed, restore, erase, close, approve (a list),"
    " exports, reproduce and releases are a person's; state is the access to Pulumi's state that GitHub's role or a"
    " person needs; trust is the trust policy of GitHub's role; boundary is the permissions boundary of the stack's own"
    " roles, or with `pipeline` of the pipeline's; account is all access of the account that a stack of infra/account"
    " describes"
)


def permissions(
    role: Annotated[Role, Argument(help=_ROLE)],
    stack: Annotated[str, Argument(help="the environment, such as dev; pr and sandbox are all stacks of that kind")],
    account: Annotated[
        str | None, Argument(help="the environment's account (default: from the pipeline's settings)")
    ] = None,
    github: Annotated[
        str | None,
        Option("--repository", help="the GitHub repository, for trust (default: from the pipeline's settings)"),
    ] = None,
) -> int:
    """Print the IAM policy of a role of the pipeline, of GitHub's workflows, or of a person who repairs.

    Examples:
      context permissions deploy prod              the role that deploys prod, in the account of the pipeline's settings
      context permissions shift dev 123456789012   the role that shifts the traffic of dev, in this account
      context permissions state sandbox 123456789012
      context permissions boundary prod            the most that a role of prod's program may do: a managed policy
      context permissions boundary pipeline 123456789012   the same for the program of the pipeline
      context permissions trust pr 123456789012 --repository org/payment
      context permissions account main             all roles and boundaries of infra/account/Pulumi.main.yaml, as JSON

    Exit status:
      0  the policy is printed
      1  the policy is printed, without the actions of a resource type of your own
      2  nothing could be printed
    """
    # Here, for a fast help.
    from .account import OfAccount
    from .requested import Requested

    try:
        if role == "account":
            all_access = OfAccount(repository(), stack)
            policy, unknown = all_access.access().model_dump(mode="json"), sorted(all_access.unknown)
        else:
            policy, unknown = Requested(repository(), role, stack, account, github).document()
    except ProjectError as error:
        return refuse(str(error))
    sys.stdout.write(json.dumps(policy, indent=2) + "\n")
    for kind in unknown:
        sys.stderr.write(f"{kind} is of a kind of your own: add what its provider asks for to the policy.\n")
    return 1 if unknown else 0
