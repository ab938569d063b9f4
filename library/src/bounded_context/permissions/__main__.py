"""`uv run just permissions ROLE STACK [ACCOUNT]`: prints the policy of a role: the pipeline's, GitHub's, or a person's.

Nothing is asked of AWS: the document comes from what the stack's program registers, and of the pipeline's settings.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ..infra.consumes import consumed
from ..installed import repository
from ..project import Project, ProjectError
from ..pulumi_files import PIPELINE, settings
from ..sandbox.kinds import KINDS
from ..sandbox.temporary import settings as temporary
from ..smoke_account.throwaway import MODEL
from ..testing.graph import Graph, service
from ..typed import typed
from ..usage import Usage
from .policies import ROLES, of_kind, place, policy, unknown
from .state import Backend
from .state import policy as of_state
from .trust import trust

STATE: Final = "state"
TRUST: Final = "trust"
_ABOUT: Final = "The IAM policy that a role of the pipeline or of GitHub's workflows needs, or whoever redrives."
_EXAMPLES: Final = {
    "deploy prod": "of the role that deploys prod, in the account of the pipeline's settings",
    "shift dev 123456789012": "of the role that shifts dev's traffic, in that account",
    "state sandbox 123456789012": "what sandboxes need of Pulumi's state",
    "trust pr 123456789012 --repository org/payment": "whom GitHub's role trusts",
}
_STATUSES: Final = {
    0: "the document is printed",
    1: "it is, and lacks what a resource of your own kind asks for",
    2: "nothing could be printed",
}


class NoAccount(ProjectError):
    """Nobody said in which account the role is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the document.

    Returns:
        The exit status: 1 if there is a resource whose actions are not known here, 2 if nothing could be printed.
    """
    options = _parser().parse_args(arguments)
    try:
        return _print(Asked(repository(), options.role, options.stack, options.account, options.repository))
    except ProjectError as error:
        sys.stderr.write(f"{error}\n")
        return 2


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
            f"`just permissions {self.role} {self.stack} <account>`."
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


def _parser() -> argparse.ArgumentParser:
    parser = Usage(typed("permissions", "permissions"), _EXAMPLES, _STATUSES).parser(_ABOUT)
    parser.add_argument(
        "role",
        choices=(*ROLES, STATE, TRUST),
        help="shift is that of the smoke check too, redrive a person's; state is what GitHub's role, or a person, "
        "needs of Pulumi's state, trust whom GitHub's role trusts",
    )
    parser.add_argument("stack", help="the environment, such as dev; pr and sandbox are all stacks of that kind")
    parser.add_argument("account", nargs="?", help="the environment's account; default: as the pipeline's settings say")
    parser.add_argument("--repository", help="GitHub's, for trust; default: as the pipeline's settings say")
    return parser


if __name__ == "__main__":
    sys.exit(main())
