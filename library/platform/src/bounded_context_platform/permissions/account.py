"""All access of deployments to an account, from the settings of `infra/account` and of the pipeline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs import pulumi_files
from bounded_context_cli.programs.stack_settings import account_settings_of
from bounded_context_infra.configuration.access import (
    SESSION_SECONDS,
    AccountAccess,
    Document,
    EvidenceAccess,
    RoleAccess,
    StateAccess,
    boundary_name,
    role_name,
)
from bounded_context_infra.configuration.config import Partition, partition_of
from bounded_context_infra.configuration.labels import PIPELINE as OF_PIPELINE
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.pipeline_settings import AccountSettings
from bounded_context_infra.configuration.project import Project, ProjectError
from bounded_context_infra.pipeline.delivery import OF_AN_ENVIRONMENT

from ..temporary_stacks.kinds import KINDS, SANDBOX
from .policies import PIPELINE_ROLES, assumed_by
from .requested import PULL_REQUEST, TEMPORARY, Requested, Run, SharedState, StateUsers

_SWEEP_SECONDS: Final = 7200
"""The session of roles that destroy stacks: the maximum of the setting `AWS_SWEEP_SECONDS`."""


@dataclass(frozen=True)
class OfAccount:
    """The access of the account that a stack of `infra/account` describes.

    Attributes:
        project: the repository.
        name: the stack of `infra/account`.
        unknown: the resource types that the policies do not cover; complete after `access`.
    """

    project: Project
    name: str
    unknown: set[str] = field(default_factory=set)
    _runs: dict[str, Run] = field(default_factory=dict)

    def access(self) -> AccountAccess:
        """Return the access. Raises ProjectError."""
        return AccountAccess(
            account=self._settings.account,
            oidc_provider=bool(self._settings.workflows) and self._settings.oidc_provider == "create",
            boundaries=dict(self._boundaries()),
            roles=dict(self._roles()),
            state=self._state(),
            evidence=self._evidence() if self._settings.evidence == "trail" else None,
            traces_indexed=self._settings.traces_indexed,
        )

    @cached_property
    def users(self) -> StateUsers:
        """The stacks and kinds whose roles of this account read or write the state."""
        return StateUsers(self._settings.account, tuple(self._previewed), tuple(self._kinds))

    @cached_property
    def _settings(self) -> AccountSettings:
        return account_settings_of(self.project, self.name)

    @cached_property
    def _pipeline(self) -> Mapping[str, Any]:
        return pulumi_files.settings(self.project.pipeline, pulumi_files.PIPELINE)

    @cached_property
    def _pipeline_account(self) -> str:
        account = self._pipeline.get("account")
        if not isinstance(account, str):
            raise ProjectError(
                "infra/pipeline/Pulumi.main.yaml: account is missing: write the account of the pipeline and the state."
            )
        return account

    @cached_property
    def _region(self) -> str:
        return str(pulumi_files.config(self.project.account, self.name).get("aws:region"))

    @cached_property
    def _partition(self) -> Partition:
        return partition_of(self._region)

    @cached_property
    def _environments(self) -> list[str]:
        """The environments whose roles the pipeline assumes in this account."""
        environments = self._pipeline.get("environments") or ()
        return [
            environment["name"]
            for environment in environments
            if "roles" not in environment and environment.get("account") == self._settings.account
        ]

    @cached_property
    def _kinds(self) -> list[str]:
        """The kinds of temporary stacks of this account."""
        people = [SANDBOX.prefix] if self._settings.people.get("sandbox") else []
        return sorted({*people, *self._settings.workflows} & KINDS.keys())

    def _document(self, role: str, stack: str) -> Document:
        document, unknown = Requested(
            self.project, role, stack, self._settings.account, self._settings.repository, self._runs
        ).document()
        self.unknown.update(unknown)
        return document

    def _boundaries(self) -> Iterator[tuple[str, Document]]:
        names = [*self._environments, *self._kinds]
        limited = self._settings.account == self._pipeline_account and "permissions_boundary" in self._pipeline
        names += [OF_PIPELINE] if limited else []
        for stack in names:
            yield boundary_name(self.project.context.name, stack), self._document("boundary", stack)

    def _roles(self) -> Iterator[tuple[str, RoleAccess]]:
        context = self.project.context.name
        for stack in self._environments:
            for role in PIPELINE_ROLES:
                yield role_name(context, stack, role), self._role(stack, [role], self._steps(stack, role))
            for role, people in self._settings.people.items():
                if role != "sandbox":
                    trusted = assumed_by(people, self._partition)
                    yield role_name(context, stack, role), self._role(stack, [role], trusted)
        for stack in self._previewed:
            trusted = self._document("trust", stack)
            yield role_name(context, stack, PULL_REQUEST), self._role(stack, ["preview", "state"], trusted)
        for kind in self._kinds:
            yield role_name(context, kind, TEMPORARY), self._temporary(kind)

    @cached_property
    def _previewed(self) -> list[str]:
        """The stacks that workflows preview. Raises ProjectError if one is in another account."""
        stacks = [stack for stack in self._settings.workflows if stack not in KINDS]
        for stack in stacks:
            if stack not in self._environments:
                raise ProjectError(
                    f"infra/account/Pulumi.{self.name}.yaml: workflows has {stack!r}, which is no environment of the "
                    f"account {self._settings.account} in infra/pipeline/Pulumi.main.yaml: write its account there."
                )
        return stacks

    def _role(self, stack: str, roles: list[str], trusted: Document, seconds: int = SESSION_SECONDS) -> RoleAccess:
        policies = {role: self._document(role, stack) for role in roles}
        return RoleAccess(trust=trusted, policies=policies, session_seconds=seconds)

    def _temporary(self, kind: str) -> RoleAccess:
        people = self._settings.people.get("sandbox", []) if kind == SANDBOX.prefix else []
        trusted = [assumed_by(people, self._partition)] if people else []
        trusted += [self._document("trust", kind)] if kind in self._settings.workflows else []
        statements = [statement for policy in trusted for statement in policy["Statement"]]
        trust = {"Version": "2012-10-17", "Statement": statements}
        return self._role(kind, ["deploy", "shift", "state"], trust, _SWEEP_SECONDS)

    def _steps(self, stack: str, role: str) -> Document:
        """Return the trust in the steps of the pipeline that assume a role."""
        labels = Labels(self.project.context.name, OF_PIPELINE, "")
        names = [labels.name(f"{stack}-{step.name}") for step in OF_AN_ENVIRONMENT if step.role == role]
        return assumed_by(map(self._arn, names), self._partition)

    def _arn(self, role: str) -> str:
        return self._partition.arn_of(f"iam::{self._pipeline_account}:role/{role}")

    def _evidence(self) -> EvidenceAccess:
        regions = {pulumi_files.config(self.project.service, stack).get("aws:region") for stack in self._environments}
        contexts = [kebab(self.project.context.name), *self._settings.evidence_contexts]
        return EvidenceAccess(
            days=self._settings.evidence_days,
            contexts=list(dict.fromkeys(contexts)),
            regions=sorted({self._region} | {str(region) for region in regions if region}),
        )

    def _state(self) -> StateAccess | None:
        if self._settings.account != self._pipeline_account:
            return None
        accounts = [OfAccount(self.project, name).users for name in pulumi_files.stacks(self.project.account)]
        return SharedState(self.project, self._pipeline, self._pipeline_account, self._region, accounts).access()
