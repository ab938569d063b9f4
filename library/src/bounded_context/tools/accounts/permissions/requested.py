"""A requested document: a role's policy or trust policy, for a stack or for all stacks of a kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ....configuration.consumes import consumed
from ....configuration.project import Project, ProjectError
from ...programs.pulumi_files import PIPELINE, settings
from ...programs.recording import Graph, service
from ..temporary_stacks.kinds import KINDS, MODEL
from ..temporary_stacks.stack import Tags
from . import state
from .policies import of_kind, place, policy, unknown
from .trust import trust

Document = dict[str, Any]


class NoAccount(ProjectError):
    """An unknown account of a role; the message has the remedy."""


@dataclass(frozen=True)
class Requested:
    """A requested document: `stack` is a stack of the repository, or a kind such as `pr`."""

    project: Project
    role: str
    stack: str
    given_account: str | None
    given_repository: str | None

    def document(self) -> tuple[Document, list[str]]:
        """Return the document, and the resource types of the program that it does not cover. Raises ProjectError."""
        service().require_stack(self.stack, *KINDS)
        match self.role:
            case "trust":
                repository = self.given_repository or self._pipeline.get("repository")
                return trust(self.stack, self._account, repository, self._pipeline.get("branch", "main")), []
            case "state":
                return self._state(), []
            case _:
                return self._policy()

    @property
    def _model(self) -> str:
        """The stack of the repository whose settings count."""
        return MODEL if self.stack in KINDS else self.stack

    @cached_property
    def _pipeline(self) -> Mapping[str, Any]:
        return settings(self.project.pipeline, PIPELINE)

    @property
    def _account(self) -> str:
        """The account of the role, from the arguments or the pipeline's settings. Raises NoAccount."""
        if self.given_account:
            return self.given_account
        for environment in self._pipeline.get("environments", ()):
            if environment["name"] == self._model and "roles" in environment:
                roles = environment["roles"]
                return roles.get(self.role, roles["shift"]).split(":")[4]
        raise NoAccount(
            f"infra/pipeline/Pulumi.main.yaml has no roles of {self._model}: write its account, "
            f"`context permissions {self.role} {self.stack} <account>`."
        )

    def _policy(self) -> tuple[Document, list[str]]:
        context, (config, graph) = self.project.context, self._run()
        locate = of_kind if self.stack in KINDS else place
        where = locate(context, self.stack, config["aws:region"], self._account)
        document = policy(self.role, where, graph, consumed(context, service().own(config)))
        return document, unknown(graph) if self.role in ("preview", "deploy") else []

    def _run(self) -> tuple[Mapping[str, str], Graph]:
        """Return the config and the graph of the stack, or of an example of the kind."""
        program = service()
        if self.stack not in KINDS:
            return program.config(self.stack), program.graph(self.stack)
        differences = Tags("nobody", datetime(2026, 1, 1, tzinfo=UTC)).settings()
        changes = {name: value for name, value in differences.items() if value is not None}
        left_out = {f"{program.project}:{name}" for name in differences.keys() - changes.keys()}
        config = {key: value for key, value in program.config(MODEL, **changes).items() if key not in left_out}
        return config, program.graph(f"{self.stack}-1", config)

    def _state(self) -> Document:
        region, location = service().config(self._model)["aws:region"], self._pipeline.get("backend")
        if location is None:
            backend = state.Backend.by_default(self.project.context.name, self._account, region)
        elif (backend := state.Backend.of(location, self._pipeline.get("secrets_provider", ""))) is None:
            raise ProjectError(f"The state is in {location}: its own tokens say who may write it.")
        stacks, update = (f"{self.stack}-*", True) if self.stack in KINDS else (self.stack, False)
        return state.policy(backend, service().project, stacks, self._account, region, update=update)
