"""A requested document: a role's policy or trust policy, for a stack, a kind of stacks, or the pipeline.

The permissions on Pulumi's state are those of the context's stacks, of GitHub's roles, and of persons.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Self

from bounded_context.domain.spelling import kebab
from bounded_context_cli.programs.pulumi_files import PIPELINE as PIPELINE_STACK
from bounded_context_cli.programs.pulumi_files import secrets_provider, settings, stack_file
from bounded_context_cli.programs.recording import Graph, service
from bounded_context_cli.programs.stack_settings import delivery
from bounded_context_infra.configuration.access import (
    Access,
    SecretsProvider,
    StateAccess,
    bucket_name,
    of_stack,
    on_bucket,
    on_bucket_key,
    on_secrets_key,
    permissions_boundary,
    role_name,
)
from bounded_context_infra.configuration.config import SettingError, partition_of
from bounded_context_infra.configuration.labels import PIPELINE, LabelError, Labels, require_context, require_stack
from bounded_context_infra.configuration.project import Project, ProjectError
from bounded_context_infra.configuration.settings import consumed
from bounded_context_infra.pipeline.delivery import OF_AN_ENVIRONMENT

from ..bootstrap import policies_of
from ..temporary_stacks.kinds import KINDS, MODEL
from ..temporary_stacks.stack import Tags, boundary_of
from . import grants
from .grants import Place, boundary
from .policies import of_kind, of_pipeline, place, policy, trust, unknown

_OF_ACCOUNT: Final = re.compile(r".+-state-(\d{12})-[a-z0-9-]+")
"""The bucket's name, as `context bootstrap` makes it."""


@dataclass(frozen=True)
class Backend:
    """The bucket of the state, the KMS key of its objects, and the key of a stack's secrets."""

    bucket: str
    key: SecretsProvider
    secrets: SecretsProvider

    @classmethod
    def of(cls, backend: str, secrets_provider: str, own: str) -> Self | None:
        """Read the pipeline's settings of these names, and a stack's own provider; None if the state is not in S3."""
        key, secrets = SecretsProvider.of(secrets_provider), SecretsProvider.of(own)
        if not backend.startswith("s3://") or key is None or secrets is None:
            return None
        return cls(bucket_name(backend), key, secrets)

    @classmethod
    def by_default(cls, context: str, account: str, region: str, stack: str, own: str) -> Self:
        """Return the backend that `context bootstrap` creates, with the stack's own provider if any."""
        alias = f"alias/{kebab(context)}-state"
        secrets = SecretsProvider.of(own) or SecretsProvider(alias, region, {"stack": stack})
        return cls(f"{kebab(context)}-state-{account}-{region}", SecretsProvider(alias, region, {}), secrets)

    def alias_elsewhere(self, account: str) -> str | None:
        """Return the alias of a key if the state is in another account: KMS looks it up in the caller's account."""
        match = _OF_ACCOUNT.fullmatch(self.bucket)
        if match is None or match[1] == account:
            return None
        return next(
            (provider.key for provider in (self.key, self.secrets) if not provider.key.startswith("arn:")), None
        )


def state_policy(
    backend: Backend, project: str, stack: str, account: str, region: str, *, access: Access
) -> dict[str, Any]:
    """Return the policy document. It permits access to the state of the given stacks alone.

    Args:
        backend: the backend with the state.
        project: the program's name.
        stack: the stack's name, or a pattern such as `pr-*`.
        account: the account of a key that is given by its alias.
        region: the region of that key.
        access: what the role does with the stacks.
    """
    where = partition_of(region)
    bucket_key, secrets_key = (_key(provider.key, account, region) for provider in (backend.key, backend.secrets))
    statements = [
        *on_bucket(where, backend.bucket, project, stack, access),
        on_bucket_key(where, bucket_key[0], access, bucket_key[1]),
        on_secrets_key(secrets_key[0], backend.secrets.context, access, secrets_key[1]),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _key(key: str, account: str, region: str) -> tuple[str, dict[str, Any]]:
    """Return the key's ARN, or all keys with a condition on the alias: IAM does not support aliases as resources."""
    if key.startswith("arn:"):
        return key, {}
    return partition_of(region).arn_of(f"kms:{region}:{account}:key/*"), {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": key}
    }


PULL_REQUEST: Final = "pull-request"
"""The role by which a pull request's workflow previews a stack."""

TEMPORARY: Final = "stacks"
"""The role that changes the temporary stacks of a kind."""


@dataclass(frozen=True)
class StateUsers:
    """The stacks that workflows preview, and the kinds of temporary stacks, in an account."""

    account: str
    previewed: Sequence[str]
    kinds: Sequence[str]


@dataclass(frozen=True)
class SharedState:
    """The state, which is in the account of the pipeline.

    Attributes:
        project: the repository.
        pipeline: the settings of the pipeline.
        account: the pipeline's account.
        region: the region of the bucket and the key.
        users: the users of the state in each account.
    """

    project: Project
    pipeline: Mapping[str, Any]
    account: str
    region: str
    users: Sequence[StateUsers]

    def access(self) -> StateAccess | None:
        """Return the policies, or None for a state that is not in S3 with a key."""
        backend, key = str(self.pipeline.get("backend")), SecretsProvider.of(str(self.pipeline.get("secrets_provider")))
        if not backend.startswith("s3://") or key is None:
            return None
        bucket, shared, bound = bucket_name(backend), dict(self._elsewhere()), self._bound()
        policies = policies_of(bucket, self.account, self.project.package, shared, bound, self.region)
        own = policies.key if shared or bound else None
        return StateAccess(bucket=bucket, bucket_policy=policies.bucket, key=key.key, key_policy=own)

    def _elsewhere(self) -> Iterator[tuple[str, str]]:
        """Yield the stacks and kinds whose roles in other accounts read or write the state, with the account."""
        for user in self.users:
            if user.account != self.account:
                yield from ((stack, user.account) for stack in (*user.previewed, *user.kinds))

    def _bound(self) -> dict[str, list[str]]:
        """Return the stacks and kinds whose secrets have an encryption context, with the roles that use their key."""
        environments = self._with_context()
        roles = {stack: [*self._steps(stack)] for stack in environments}
        for user in self.users:
            for stack in {*user.previewed} & environments:
                roles[stack].append(self._arn(user.account, stack, PULL_REQUEST))
            for kind in user.kinds if MODEL in environments else ():
                roles.setdefault(kind, []).append(self._arn(user.account, kind, TEMPORARY))
        return roles

    def _with_context(self) -> set[str]:
        """Return the environments whose secrets provider has the encryption context of its stack."""
        common = str(self.pipeline.get("secrets_provider"))
        urls = {
            environment["name"]: environment.get("secrets_provider", common)
            for environment in self.pipeline.get("environments") or ()
        }
        providers = {name: SecretsProvider.of(str(url)) for name, url in urls.items()}
        return {name for name, provider in providers.items() if provider and provider.context.get("stack") == name}

    def _steps(self, stack: str) -> Iterator[str]:
        names = [f"{stack}-{step.name}" for step in OF_AN_ENVIRONMENT if step.state]
        for name in names:
            yield self._role(self.account, Labels(self.project.context.name, PIPELINE, "").name(name))

    def _arn(self, account: str, stack: str, role: str) -> str:
        return self._role(account, role_name(self.project.context.name, stack, role))

    def _role(self, account: str, name: str) -> str:
        return partition_of(self.region).arn_of(f"iam::{account}:role/{name}")


def pipeline_boundary(project: Project, settings: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Return the boundary's policy document. Raises ProjectError for a missing or bad setting of the pipeline.

    Args:
        project: the repository.
        settings: the pipeline's settings.
        account: the account of the pipeline.
    """
    context, config = project.context, delivery().config(PIPELINE_STACK)
    try:
        _require_key(settings)
        graph = _graph(config)
    except SettingError as error:
        raise ProjectError(error.at(stack_file(project.pipeline, PIPELINE_STACK), delivery().project)) from error
    return boundary(of_pipeline(context, config["aws:region"], account), graph, Labels(context.name, PIPELINE, ""))


def _graph(config: Mapping[str, str]) -> Graph:
    return delivery().run_with(PIPELINE_STACK, config)


def _require_key(settings: Mapping[str, Any]) -> None:
    """Raise SettingError for a key by its alias: the ARN of such a key is not known without a call of AWS."""
    for entry in (settings, *settings.get("environments", ())):
        if str(entry.get("secrets_provider", "")).startswith("awskms://alias/"):
            problem = "names a key by its alias: write the key's ARN, as `context bootstrap` prints it."
            raise SettingError("secrets_provider", problem)


Document = dict[str, Any]

Run = tuple[Mapping[str, str], Graph]
"""The config and the graph of a stack."""


class NoAccount(ProjectError):
    """An unknown account of a role; the message has the remedy."""


@dataclass(frozen=True)
class Requested:
    """A requested document: `stack` is a stack of the repository, or a kind such as `pr`.

    `runs` has the runs of the program by stack; several documents may share it.
    """

    project: Project
    role: str
    stack: str
    given_account: str | None
    given_repository: str | None
    runs: dict[str, Run] = field(default_factory=dict, compare=False)

    def document(self) -> tuple[Document, list[str]]:
        """Return the document, and the resource types of the program that it does not cover. Raises ProjectError."""
        service().require_stack(self.stack, *KINDS, *([PIPELINE] if self.role == "boundary" else []))
        try:
            if self.stack not in (*KINDS, PIPELINE):
                require_stack(self.stack)
            return self._document()
        except LabelError as error:
            raise ProjectError(str(error)) from error

    def _document(self) -> tuple[Document, list[str]]:
        match self.role:
            case "trust":
                repository = self.given_repository or self._pipeline.get("repository")
                return trust(
                    self.stack,
                    self._account,
                    repository,
                    self._pipeline.get("branch", "main"),
                    partition_of(self._region),
                ), []
            case "state":
                return self._state(), []
            case "boundary":
                return self._boundary(), []
            case _:
                return self._policy()

    @property
    def _model(self) -> str:
        """The stack of the repository whose settings count."""
        return MODEL if self.stack in KINDS else self.stack

    @cached_property
    def _pipeline(self) -> Mapping[str, Any]:
        return settings(self.project.pipeline, PIPELINE_STACK)

    @property
    def _account(self) -> str:
        """The account of the role, from the arguments or the pipeline's settings. Raises NoAccount."""
        if self.given_account:
            return self.given_account
        for environment in self._pipeline.get("environments", ()):
            if environment["name"] == self._model and (account := _account_of(environment, self.role)):
                return account
        raise NoAccount(
            f"infra/pipeline/Pulumi.main.yaml has no account of {self._model}: write it there, or "
            f"`context permissions {self.role} {self.stack} <account>`."
        )

    @property
    def _region(self) -> str:
        return service().config(self._model)["aws:region"]

    def _policy(self) -> tuple[Document, list[str]]:
        where, config, graph = self._where()
        document = policy(self.role, where, graph, consumed(self.project.context, service().own(config)))
        return document, unknown(graph) if self.role in ("preview", "deploy") else []

    def _boundary(self) -> Document:
        if self.stack == PIPELINE:
            return pipeline_boundary(self.project, self._pipeline, self._account)
        where, _, graph = self._where()
        context = self.project.context
        return grants.boundary(where, graph, Labels(context.name, self._recorded, context.owner))

    def _where(self) -> tuple[Place, Mapping[str, str], Graph]:
        """Return the place of the stack, its config, and its graph."""
        require_context(self.project.context.name)
        limit = self._limit()
        if self.stack not in self.runs:
            self.runs[self.stack] = self._run()
        config, graph = self.runs[self.stack]
        locate = of_kind if self.stack in KINDS else place
        return locate(self.project.context, self.stack, config["aws:region"], self._account, limit), config, graph

    def _limit(self) -> str | None:
        """Return the permissions boundary of the stack's settings. Raises ProjectError if it is no policy."""
        try:
            limit = permissions_boundary(service().own(service().config(self._model)))
        except SettingError as error:
            raise ProjectError(error.at(stack_file(self.project.service, self._model), service().project)) from error
        if limit is None or self.stack not in KINDS:
            return limit
        return boundary_of(limit, self.project.context.name, self.stack)

    @property
    def _recorded(self) -> str:
        """The name of the stack in the graph: for a kind, that of an example."""
        return f"{self.stack}-1" if self.stack in KINDS else self.stack

    def _run(self) -> Run:
        """Return the config and the graph of the stack, or of an example of the kind."""
        program = service()
        if self.stack not in KINDS:
            return program.config(self.stack), program.graph(self.stack)
        differences = Tags("nobody", datetime(2026, 1, 1, tzinfo=UTC)).settings()
        changes = {name: value for name, value in differences.items() if value is not None}
        left_out = {f"{program.project}:{name}" for name in differences.keys() - changes.keys()}
        config = {key: value for key, value in program.config(MODEL, **changes).items() if key not in left_out}
        return config, program.graph(self._recorded, config)

    def _state(self) -> Document:
        region, location = self._region, self._pipeline.get("backend")
        common = self._pipeline.get("secrets_provider", "")
        own = of_stack(
            secrets_provider(self.project.service, self._model) or self._model_provider or common, self.stack
        )
        if location is None:
            backend = Backend.by_default(self.project.context.name, self._account, region, self.stack, own)
        elif (backend := Backend.of(location, common, own)) is None:
            raise ProjectError(f"The state is in {location}: its own tokens say who may write it.")
        if alias := backend.alias_elsewhere(self._account):
            raise ProjectError(
                f"infra/pipeline/Pulumi.main.yaml: secrets_provider: {alias} has no meaning in the account "
                f"{self._account}, since the state is in another account: write the key's ARN, as "
                "`context bootstrap` prints it."
            )
        stacks, access = (f"{self.stack}-*", "create") if self.stack in KINDS else (self.stack, "read")
        return state_policy(backend, service().project, stacks, self._account, region, access=access)

    @property
    def _model_provider(self) -> str | None:
        """The secrets provider of the model's environment in the pipeline's settings."""
        environments = self._pipeline.get("environments", ())
        return next(
            (environment.get("secrets_provider") for environment in environments if environment["name"] == self._model),
            None,
        )


def _account_of(environment: Mapping[str, Any], role: str) -> str | None:
    """Return the account of an environment in the pipeline's settings: its own, or that of a role."""
    roles = environment.get("roles")
    return roles.get(role, roles["shift"]).split(":")[4] if roles else environment.get("account")
