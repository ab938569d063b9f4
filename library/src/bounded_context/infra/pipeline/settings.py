"""The settings of the pipeline, typed and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

from ...configuration.config import SettingError, flag, matching, retention, structure
from ...configuration.config import Source as Config

SourceKind = Literal["codeconnections", "codecommit"]

_REPOSITORY = {
    "codeconnections": (re.compile(r"[\w.-]+(/[\w.-]+)+"), "organization/repository"),
    "codecommit": (re.compile(r"[\w.-]{1,100}"), "the name of a CodeCommit repository"),
}
_BRANCH = re.compile(r"[\w.-]+(/[\w.-]+)*")
_ENVIRONMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CONNECTION = re.compile(r"arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")
_BACKEND = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\?\S+)?|https://\S+")
_SECRETS_PROVIDER = re.compile(r"awskms://(alias/[\w/-]+|/arn:aws:kms:[a-z0-9-]+:\d{12}:key/[\w-]+)(\?\S+)?")
_TOKEN = re.compile(r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+")

RESERVED = "pipeline"
"""The name of the pipeline's own resources, which no environment may have."""


RoleKind = Literal["preview", "deploy", "shift"]
"""The roles of the pipeline in an environment. They are separate, because the preview runs before the approval."""

ROLES: tuple[RoleKind, ...] = get_args(RoleKind)


@dataclass(frozen=True)
class Environment:
    """A stack of the context, the ARNs of the roles that read and change it, and whether a person approves first."""

    name: str
    roles: Mapping[RoleKind, str] = field(hash=False)
    approval: bool


@dataclass(frozen=True)
class PipelineSettings:
    """The settings of the pipeline; `environments` are in the order of delivery."""

    repository: str
    branch: str
    connection_arn: str | None
    environments: tuple[Environment, ...]
    backend: str
    secrets_provider: str | None
    pulumi_token_secret_arn: str | None
    log_retention_days: int
    protect: bool

    @classmethod
    def from_config(cls, config: Config, source: SourceKind) -> Self:
        """Read and check every setting. Raises SettingError with one sentence for the first bad value."""
        form, words = _REPOSITORY[source]
        backend = matching(config, "backend", _BACKEND, None, "s3://<bucket>, or https://api.pulumi.com")
        in_s3 = backend.startswith("s3:")
        return cls(
            repository=matching(config, "repository", form, None, words),
            branch=matching(config, "branch", _BRANCH, "main", "the name of a branch"),
            connection_arn=_connection(config, source),
            environments=_environments(config),
            backend=backend,
            secrets_provider=_secrets_provider(config) if in_s3 else _unused(config, "secrets_provider", backend),
            pulumi_token_secret_arn=_unused(config, "pulumi_token_secret_arn", backend) if in_s3 else _token(config),
            log_retention_days=retention(config),
            protect=flag(config, "protect"),
        )


def _connection(config: Config, source: SourceKind) -> str | None:
    if source == "codeconnections":
        words = "the ARN of a connection (console: Developer Tools, Settings, Connections)"
        return matching(config, "connection_arn", _CONNECTION, None, words)
    if config.get("connection_arn") is not None:
        raise SettingError("connection_arn", "is set, yet the source is CodeCommit, which needs none: remove it.")
    return None


def _secrets_provider(config: Config) -> str:
    words = "awskms://alias/<key>?region=<region>, as bootstrap prints it"
    return matching(config, "secrets_provider", _SECRETS_PROVIDER, None, words)


def _token(config: Config) -> str:
    words = "the ARN of the Secrets Manager secret that holds the access token of Pulumi Cloud"
    return matching(config, "pulumi_token_secret_arn", _TOKEN, None, words)


def _unused(config: Config, key: str, backend: str) -> None:
    if config.get(key) is not None:
        raise SettingError(key, f"is set, yet the backend {backend} does not use it: remove it.")


def _environments(config: Config) -> tuple[Environment, ...]:
    values: list[Any] = structure(config, "environments", list, [], "a list of {name, roles}")
    if not values:
        raise SettingError("environments", "is empty: write at least one {name, roles}.")
    environments = tuple(_environment(value) for value in values)
    if len({environment.name for environment in environments}) != len(environments):
        raise SettingError("environments", "has a name twice: name each once.")
    return environments


def _environment(value: Any) -> Environment:
    if not isinstance(value, dict) or not set(value) <= {"name", "roles", "approval"}:
        raise SettingError("environments", f"has {value!r}: write {{name, roles}}, and approval if you like.")
    name = value.get("name")
    if not isinstance(name, str) or not _ENVIRONMENT.fullmatch(name) or name == RESERVED:
        raise SettingError("environments", f"has the name {name!r}: write a stack of infra/service.")
    return Environment(name, _roles(name, value.get("roles")), _approval(name, value))


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


def _approval(name: str, value: Mapping[str, Any]) -> bool:
    approval = value.get("approval", name == "prod")
    if not isinstance(approval, bool):
        raise SettingError(f"environments.{name}.approval", f"is {approval!r}: write true or false.")
    return approval
