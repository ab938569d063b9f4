"""The settings of the pipeline, typed and checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

from ...configuration.access import role_name
from ...configuration.boundary import permissions_boundary
from ...configuration.collisions import is_reserved
from ...configuration.config import SettingError, flag, matching, retention, structure, texts
from ...configuration.config import Source as Config
from ...configuration.partition import ARN, AWS, Partition
from ...configuration.state import PROVIDER, SecretsProvider
from .environments import ROLES, Environment, RoleKind, require_separate

MadeRoles = Callable[[str, Any], Mapping[RoleKind, str]]
"""Returns the roles that the program `infra/account` makes for an environment in an account."""

SourceKind = Literal["codeconnections", "codecommit"]

_REPOSITORY = {
    "codeconnections": (re.compile(r"[\w.-]+(/[\w.-]+)+"), "organization/repository"),
    "codecommit": (re.compile(r"[\w.-]{1,100}"), "the name of a CodeCommit repository"),
}
_LIBRARY = re.compile(r"bounded-context==\d[\w.]*|\./vendor/[\w.+-]+\.whl")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BRANCH = re.compile(r"[\w.-]+(/[\w.-]+)*")
_ENVIRONMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CONNECTION = re.compile(ARN + r"(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_ROLE = re.compile(ARN + r"iam::\d{12}:role/[\w+=,.@/-]+")
_ACCOUNT = re.compile(r"\d{12}")
_ACCOUNT_WORDS = "the 12 digits of an account, in quotes"
_BACKEND = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\?\S+)?|https://\S+")
_PROVIDER_WORDS = "awskms://alias/<key>?region=<region>"
_MEMBERS = {"name", "account", "roles", "approval", "secrets_provider"}
_TOKEN = re.compile(ARN + r"secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+")


@dataclass(frozen=True)
class Policies:
    """The library whose policies the pipeline enforces, as a requirement of pip, and the SHA-256 of its wheel."""

    library: str
    sha256: str


@dataclass(frozen=True)
class PipelineSettings:
    """The settings of the pipeline; `environments` are in the order of delivery.

    `account` is the pipeline's own; None for that of the credentials. `shared_accounts` are the accounts that several
    environments share on purpose. `policies` is None for no policy pack. The managed policy `permissions_boundary`
    limits the pipeline's roles.
    """

    repository: str
    branch: str
    connection_arn: str | None
    account: str | None
    environments: tuple[Environment, ...]
    shared_accounts: tuple[str, ...]
    backend: str
    secrets_provider: str | None
    pulumi_token_secret_arn: str | None
    policies: Policies | None
    log_retention_days: int
    protect: bool
    permissions_boundary: str | None

    @classmethod
    def from_config(cls, config: Config, source: SourceKind, context: str, partition: Partition = AWS) -> Self:
        """Read and check every setting. Raises SettingError with one sentence for the first bad value."""
        form, words = _REPOSITORY[source]
        backend = matching(config, "backend", _BACKEND, None, "s3://<bucket>, or https://api.pulumi.com")
        in_s3 = backend.startswith("s3:")
        shared = texts(config, "shared_accounts", _ACCOUNT, _ACCOUNT_WORDS, kind="a list of accounts")
        provider = _secrets_provider(config) if in_s3 else _unused(config, "secrets_provider", backend)
        return cls(
            repository=matching(config, "repository", form, None, words),
            branch=matching(config, "branch", _BRANCH, "main", "the name of a branch"),
            connection_arn=_connection(config, source),
            account=matching(config, "account", _ACCOUNT, "", _ACCOUNT_WORDS) or None,
            environments=_environments(config, provider, shared, partial(_made_roles, partition, context)),
            shared_accounts=shared,
            backend=backend,
            secrets_provider=provider,
            pulumi_token_secret_arn=_unused(config, "pulumi_token_secret_arn", backend) if in_s3 else _token(config),
            policies=_policies(config),
            log_retention_days=retention(config),
            protect=flag(config, "protect"),
            permissions_boundary=permissions_boundary(config),
        )


def _connection(config: Config, source: SourceKind) -> str | None:
    if source == "codeconnections":
        words = "the ARN of a connection (console: Developer Tools, Settings, Connections)"
        return matching(config, "connection_arn", _CONNECTION, None, words)
    if config.get("connection_arn") is not None:
        raise SettingError("connection_arn", "is set, yet the source is CodeCommit, which needs none: remove it.")
    return None


def _policies(config: Config) -> Policies | None:
    value: dict[str, Any] = structure(config, "policies", dict, {}, "{library, sha256}")
    if not value:
        return None
    if set(value) != {"library", "sha256"}:
        raise SettingError("policies", f"is {value!r}: write {{library, sha256}} and nothing else.")
    library, sha256 = str(value["library"]), str(value["sha256"])
    if not _LIBRARY.fullmatch(library):
        words = "bounded-context==<version> or ./vendor/<file>.whl"
        raise SettingError("policies.library", f"is {library!r}: write {words}.")
    if not _SHA256.fullmatch(sha256):
        raise SettingError("policies.sha256", f"is {sha256!r}: write the 64 hex digits of the wheel's SHA-256.")
    return Policies(library, sha256)


def _secrets_provider(config: Config) -> str:
    return matching(config, "secrets_provider", PROVIDER, None, f"{_PROVIDER_WORDS}, as bootstrap prints it")


def _token(config: Config) -> str:
    words = "the ARN of the Secrets Manager secret that holds the access token of Pulumi Cloud"
    return matching(config, "pulumi_token_secret_arn", _TOKEN, None, words)


def _unused(config: Config, key: str, backend: str) -> None:
    if config.get(key) is not None:
        raise SettingError(key, f"is set, yet the backend {backend} does not use it: remove it.")


def _environments(
    config: Config, provider: str | None, shared: tuple[str, ...], made: MadeRoles
) -> tuple[Environment, ...]:
    values: list[Any] = structure(config, "environments", list, [], "a list of {name, account}")
    if not values:
        raise SettingError("environments", "is empty: write at least one {name, account}.")
    environments = tuple(_environment(value, provider, made) for value in values)
    if len({environment.name for environment in environments}) != len(environments):
        raise SettingError("environments", "has a name twice: name each once.")
    require_separate(environments, shared)
    return environments


def _environment(value: Any, provider: str | None, made: MadeRoles) -> Environment:
    if not isinstance(value, dict) or not set(value) <= _MEMBERS:
        raise SettingError(
            "environments",
            f"has {value!r}: write {{name, account}}, and roles, approval or secrets_provider if you like.",
        )
    name = value.get("name")
    if not isinstance(name, str) or not _ENVIRONMENT.fullmatch(name) or is_reserved(name):
        raise SettingError("environments", f"has the name {name!r}: write a stack of infra/service.")
    own = _own_provider(name, value.get("secrets_provider", provider), provider)
    roles = _roles(name, value["roles"]) if "roles" in value else made(name, value.get("account"))
    return Environment(name, roles, _approval(name, value), own)


def _own_provider(name: str, value: Any, common: str | None) -> str | None:
    """Return the secrets provider of an environment, which must not be that of another environment."""
    setting = f"environments.{name}.secrets_provider"
    if common is None:
        if value is not None:
            raise SettingError(setting, "is set, yet Pulumi Cloud does not use it: remove it.")
        return None
    provider = SecretsProvider.of(value) if isinstance(value, str) else None
    if provider is None:
        raise SettingError(setting, f"is {value!r}: write {_PROVIDER_WORDS}&context_stack={name}.")
    if provider.context.get("stack", name) != name:
        raise SettingError(setting, f"is {value!r}, of another stack: write context_stack={name}.")
    return value


def _roles(name: str, value: Any) -> dict[RoleKind, str]:
    if not isinstance(value, dict) or set(value) != set(ROLES):
        raise SettingError(f"environments.{name}.roles", f"is {value!r}: write the ARNs of {', '.join(ROLES)}.")
    for kind, arn in value.items():
        if not isinstance(arn, str) or not _ROLE.fullmatch(arn):
            raise SettingError(f"environments.{name}.roles.{kind}", f"is {arn!r}: write the ARN of a role.")
    if len(set(value.values())) < len(ROLES):
        # The preview runs before the approval. If it could assume the role for deployments, the approval would have no
        # effect.
        raise SettingError(
            f"environments.{name}.roles", "has one role twice: write three, `context permissions` lists what each may."
        )
    return value


def _made_roles(partition: Partition, context: str, name: str, account: Any) -> dict[RoleKind, str]:
    """Return the roles that the program `infra/account` makes in an account."""
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise SettingError(f"environments.{name}.account", f"is {account!r}: write {_ACCOUNT_WORDS}.")
    return {kind: partition.arn_of(f"iam::{account}:role/{role_name(context, name, kind)}") for kind in ROLES}


def _approval(name: str, value: Mapping[str, Any]) -> bool:
    approval = value.get("approval", name == "prod")
    if not isinstance(approval, bool):
        raise SettingError(f"environments.{name}.approval", f"is {approval!r}: write true or false.")
    return approval
