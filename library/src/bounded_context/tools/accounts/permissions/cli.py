"""`context permissions`: the IAM policies and trust policies of the roles that deploy, release and repair."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from typer import Argument, Option

from ....configuration.consumes import consumed
from ....configuration.project import Project, ProjectError
from ...command.installed import repository
from ...command.output import refuse
from ...programs.pulumi_files import PIPELINE, settings
from ...programs.recording import Graph, service
from ..sandbox.kinds import KINDS
from ..sandbox.temporary import settings as temporary
from ..throwaway import MODEL
from .policies import of_kind, place, policy, unknown
from .state import Backend
from .state import policy as of_state
from .trust import trust

STATE: Final = "state"
TRUST: Final = "trust"
Role = Literal["preview", "deploy", "shift", "redrive", "state", "trust"]
_ROLE: Final = (
    "shift is also the role of the smoke check; redrive is a person's; state is the access to Pulumi's state that"
    " GitHub's role or a person needs; trust is the trust policy of GitHub's role"
)


class NoAccount(ProjectError):
    """Nobody said in which account the role is."""


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
    """Print the IAM policy of a role of the pipeline, of GitHub's workflows, or of a person who redrives.

    Examples:
      context permissions deploy prod              the role that deploys prod, in the account of the pipeline's settings
      context permissions shift dev 123456789012   the role that shifts the traffic of dev, in this account
      context permissions state sandbox 123456789012
      context permissions trust pr 123456789012 --repository org/payment

    Exit status:
      0  the policy is printed
      1  the policy is printed, without the actions of a resource type of your own
      2  nothing could be printed
    """
    try:
        return _print(Asked(repository(), role, stack, account, github))
    except ProjectError as error:
        return refuse(str(error))


@dataclass(frozen=True)
class Asked:
    """A document that is asked for: `stack` is one of the repository's, or a kind such as `pr`."""

    project: Project
    role: str
    stack: str
    given_account: str | None
    given_repository: str | None

    @property
    def like(self) -> str:
        """The stack of the repository whose settings count."""
        return MODEL if self.stack in KINDS else self.stack

    @cached_property
    def pipeline(self) -> Mapping[str, Any]:
        """The pipeline's settings."""
        return settings(self.project.pipeline, PIPELINE)

    @property
    def account(self) -> str:
        """The account of the role: as it is given, or as the pipeline's settings have it. Raises NoAccount."""
        if self.given_account:
            return self.given_account
        for environment in self.pipeline.get("environments", ()):
            if environment["name"] == self.like and "roles" in environment:
                roles = environment["roles"]
                return roles.get(self.role, roles["shift"]).split(":")[4]
        raise NoAccount(
            f"infra/pipeline/Pulumi.main.yaml has no roles of {self.like}: write its account, "
            f"`context permissions {self.role} {self.stack} <account>`."
        )


def _print(asked: Asked) -> int:
    stacks = service().stacks()
    if asked.stack not in (*stacks, *KINDS):
        raise ProjectError(f"There is no stack {asked.stack}: write one of {', '.join((*stacks, *KINDS))}.")
    if asked.role == TRUST:
        found, left_out = _trust(asked), []
    elif asked.role == STATE:
        found, left_out = _state(asked), []
    else:
        found, left_out = _policy(asked)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    for one in left_out:
        sys.stderr.write(f"{one} is of a kind of your own: add what its provider asks for to the policy.\n")
    return 1 if left_out else 0


def _policy(asked: Asked) -> tuple[dict[str, Any], list[str]]:
    """The document, and the types that it knows nothing of."""
    context, account, (config, graph) = asked.project.context, asked.account, _ran(asked)
    make = of_kind if asked.stack in KINDS else place
    where = make(context, asked.stack, config["aws:region"], account)
    document = policy(asked.role, where, graph, consumed(context, service().own(config)))
    return document, unknown(graph) if asked.role in ("preview", "deploy") else []


def _ran(asked: Asked) -> tuple[Mapping[str, str], Graph]:
    """The settings of a stack, or of one of a kind, and what its program registers."""
    program = service()
    if asked.stack not in KINDS:
        return program.config(asked.stack), program.run(asked.stack)
    differs = temporary("nobody", "2026-01-01T00:00:00Z")
    config = program.config(MODEL, **{name: value for name, value in differs.items() if value is not None})
    left = {f"{program.project}:{name}" for name, value in differs.items() if value is None}
    config = {name: value for name, value in config.items() if name not in left}
    return config, program.run_with(f"{asked.stack}-1", config)


def _state(asked: Asked) -> dict[str, Any]:
    region, told = service().config(asked.like)["aws:region"], asked.pipeline
    default = Backend.by_default(asked.project.context.name, asked.account, region)
    backend = Backend.of(told["backend"], told.get("secrets_provider", "")) if "backend" in told else default
    if backend is None:
        raise ProjectError(f"The state is in {told['backend']}: its own tokens say who may write it.")
    stacks, update = (f"{asked.stack}-*", True) if asked.stack in KINDS else (asked.stack, False)
    return of_state(backend, service().project, stacks, asked.account, region, update=update)


def _trust(asked: Asked) -> dict[str, Any]:
    told = asked.pipeline
    return trust(
        asked.stack, asked.account, asked.given_repository or told.get("repository"), told.get("branch", "main")
    )
