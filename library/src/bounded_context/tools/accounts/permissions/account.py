"""All access of deployments to an account, from the settings of `infra/account` and of the pipeline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....configuration.access import (
    SESSION_SECONDS,
    AccountAccess,
    Document,
    RoleAccess,
    StateAccess,
    boundary_name,
    role_name,
)
from ....configuration.collisions import PIPELINE as OF_PIPELINE
from ....configuration.labels import Labels
from ....configuration.partition import ARN, Partition, partition_of
from ....configuration.project import Project, ProjectError
from ....configuration.state import SecretsProvider, bucket_name
from ....infra.pipeline.steps import OF_AN_ENVIRONMENT
from ...programs import pulumi_files
from ..backend_policies import policies_of
from ..temporary_stacks.kinds import KINDS, MODEL, SANDBOX
from .policies import PIPELINE, Person
from .requested import Requested, Run
from .trust import assumed_by

_SWEEP_SECONDS: Final = 7200
"""The session of roles that destroy stacks: the maximum of the setting `AWS_SWEEP_SECONDS`."""

_PULL_REQUEST: Final = "pull-request"
"""The role by which a pull request's workflow previews a stack."""

_TEMPORARY: Final = "stacks"
"""The role that changes the temporary stacks of a kind."""


_Person = Annotated[str, Field(pattern=rf"^{ARN}iam::\d{{12}}:(role|user)/[^*\s]\S*$")]
"""The ARN of a role or user. `*` is permitted within the name, since AWS adds an id to the roles of its sign-in."""


_PersonsRole = Person | Literal["sandbox"]
"""The roles that people assume."""


class Settings(BaseModel):
    """The settings of an account's program: `infra/account/Pulumi.<name>.yaml`.

    Attributes:
        account: the id of the account.
        workflows: the stacks that GitHub's workflows preview (dev), and the kinds that they deploy (pr, sandbox).
        people: the ARNs of the principals that may assume the roles for repairs and for sandboxes.
        repository: the GitHub repository of the workflows (default: that of the pipeline).
        oidc_provider: whether the program makes GitHub's provider, or another repository has made it.
        permissions_boundary: the boundary of the program's own roles.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    account: str = Field(pattern=r"^\d{12}$")
    workflows: list[str] = []
    people: dict[_PersonsRole, list[_Person]] = {}
    repository: str | None = None
    oidc_provider: str = Field(default="create", pattern="^(create|existing)$")
    permissions_boundary: str | None = None


def settings(project: Project, name: str) -> Settings:
    """Return the settings of a stack of `infra/account`. Raises ProjectError."""
    file = pulumi_files.stack_file(project.account, name)
    try:
        return Settings.model_validate(pulumi_files.settings(project.account, name))
    except OSError:
        raise ProjectError(f"{file} does not exist: write one file for each account.") from None
    except ValidationError as error:
        (first, *_) = error.errors()
        setting = ".".join(map(str, first["loc"]))
        fault = "is missing" if first["type"] == "missing" else f"is wrong ({first['msg']})"
        raise ProjectError(f"{file}: {setting} {fault}: `uv run context docs accounts` lists the settings.") from error


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
        )

    @cached_property
    def _settings(self) -> Settings:
        return settings(self.project, self.name)

    @cached_property
    def _pipeline(self) -> Mapping[str, Any]:
        return pulumi_files.settings(self.project.pipeline, pulumi_files.PIPELINE)

    @cached_property
    def _pipeline_account(self) -> str:
        found = self._pipeline.get("account")
        if not isinstance(found, str):
            raise ProjectError(
                "infra/pipeline/Pulumi.main.yaml: account is missing: write the account of the pipeline and the state."
            )
        return found

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
            one["name"] for one in environments if "roles" not in one and one.get("account") == self._settings.account
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
            for role in PIPELINE:
                yield role_name(context, stack, role), self._role(stack, [role], self._steps(stack, role))
            for role, people in self._settings.people.items():
                if role != "sandbox":
                    trusted = assumed_by(people, self._partition)
                    yield role_name(context, stack, role), self._role(stack, [role], trusted)
        for stack in self._previewed:
            trusted = self._document("trust", stack)
            yield role_name(context, stack, _PULL_REQUEST), self._role(stack, ["preview", "state"], trusted)
        for kind in self._kinds:
            yield role_name(context, kind, _TEMPORARY), self._temporary(kind)

    @cached_property
    def _previewed(self) -> list[str]:
        """The stacks that workflows preview. Raises ProjectError if one is in another account."""
        found = [stack for stack in self._settings.workflows if stack not in KINDS]
        for stack in found:
            if stack not in self._environments:
                raise ProjectError(
                    f"infra/account/Pulumi.{self.name}.yaml: workflows has {stack!r}, which is no environment of the "
                    f"account {self._settings.account} in infra/pipeline/Pulumi.main.yaml: write its account there."
                )
        return found

    def _role(self, stack: str, roles: list[str], trusted: Document, seconds: int = SESSION_SECONDS) -> RoleAccess:
        policies = {role: self._document(role, stack) for role in roles}
        return RoleAccess(trust=trusted, policies=policies, session_seconds=seconds)

    def _temporary(self, kind: str) -> RoleAccess:
        people = self._settings.people.get("sandbox", []) if kind == SANDBOX.prefix else []
        trusted = [assumed_by(people, self._partition)] if people else []
        trusted += [self._document("trust", kind)] if kind in self._settings.workflows else []
        statements = [statement for one in trusted for statement in one["Statement"]]
        trust = {"Version": "2012-10-17", "Statement": statements}
        return self._role(kind, ["deploy", "shift", "state"], trust, _SWEEP_SECONDS)

    def _steps(self, stack: str, role: str) -> Document:
        """Return the trust in the steps of the pipeline that assume a role."""
        labels = Labels(self.project.context.name, OF_PIPELINE, "")
        names = [labels.name(f"{stack}-{step.name}") for step in OF_AN_ENVIRONMENT if step.role == role]
        return assumed_by(map(self._arn, names), self._partition)

    def _state(self) -> StateAccess | None:
        backend = str(self._pipeline.get("backend"))
        key = SecretsProvider.of(str(self._pipeline.get("secrets_provider")))
        if self._settings.account != self._pipeline_account or not backend.startswith("s3://") or key is None:
            return None
        bucket, shared, bound = bucket_name(backend), dict(self._elsewhere()), dict(self._bound())
        made = policies_of(bucket, self._pipeline_account, self.project.package, shared, bound, self._region)
        own = made.key if shared or bound else None
        return StateAccess(bucket=bucket, bucket_policy=made.bucket, key=key.key, key_policy=own)

    def _bound(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the stacks and kinds whose secrets have an encryption context, with the roles that use their key."""
        context, found = self.project.context.name, self._with_context()
        labels = Labels(context, OF_PIPELINE, "")
        steps = [step.name for step in OF_AN_ENVIRONMENT if step.state]
        roles = {stack: [self._arn(labels.name(f"{stack}-{step}")) for step in steps] for stack in found}
        for other in self._all():
            account = other._settings.account
            for stack in {*other._previewed} & found:
                roles[stack].append(self._arn(role_name(context, stack, _PULL_REQUEST), account))
            for kind in other._kinds if MODEL in found else ():
                roles.setdefault(kind, []).append(self._arn(role_name(context, kind, _TEMPORARY), account))
        yield from roles.items()

    def _with_context(self) -> set[str]:
        """Return the environments whose secrets provider has the encryption context of its stack."""
        common = str(self._pipeline.get("secrets_provider"))
        given = {one["name"]: one.get("secrets_provider", common) for one in self._pipeline.get("environments") or ()}
        providers = {name: SecretsProvider.of(str(url)) for name, url in given.items()}
        return {name for name, found in providers.items() if found and found.context.get("stack") == name}

    def _arn(self, role: str, account: str | None = None) -> str:
        return self._partition.arn_of(f"iam::{account or self._pipeline_account}:role/{role}")

    def _all(self) -> list["OfAccount"]:
        """Return the access of each account."""
        return [OfAccount(self.project, name) for name in pulumi_files.stacks(self.project.account)]

    def _elsewhere(self) -> Iterator[tuple[str, str]]:
        """Yield the stacks and kinds whose roles in other accounts read or write the state, with the account."""
        for other in self._all():
            if other._settings.account != self._pipeline_account:
                yield from ((stack, other._settings.account) for stack in (*other._previewed, *other._kinds))
