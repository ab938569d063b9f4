"""The settings of the pipeline, typed and checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Self

from .access import role_name
from .boundary import permissions_boundary
from .collisions import COLLIDES, is_reserved
from .config import SettingError, flag, matching, number, optional, retention, structure, texts
from .config import Source as Config
from .environments import ROLES, Environment, RoleKind, require_separate
from .partition import ARN, AWS, Partition
from .project import DISTRIBUTION
from .schema import Schema, about, listing, members, read_all, schema_is, setting, text
from .state import PROVIDER, SecretsProvider

MadeRoles = Callable[[str, Any], Mapping[RoleKind, str]]
"""Returns the roles that the program `infra/account` makes for an environment in an account."""

SourceKind = Literal["codeconnections", "codecommit"]

_REPOSITORY = {
    "codeconnections": (re.compile(r"[\w.-]+(/[\w.-]+)+"), "organization/repository"),
    "codecommit": (re.compile(r"[\w.-]{1,100}"), "the name of a CodeCommit repository"),
}
_LIBRARY = re.compile(rf"{DISTRIBUTION}==\d[\w.]*|\./vendor/[\w.+-]+\.whl")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BRANCH = re.compile(r"[\w.-]+(/[\w.-]+)*")
ENVIRONMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CONNECTION = re.compile(ARN + r"(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}")
_ROLE = re.compile(ARN + r"iam::\d{12}:role/[\w+=,.@/-]+")
ACCOUNT = re.compile(r"\d{12}")
ACCOUNT_WORDS = "the 12 digits of an account, in quotes"
_BACKEND = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\?\S+)?|https://\S+")
_PROVIDER_WORDS = "awskms://alias/<key>?region=<region>"
_CONNECTION_WORDS = "the ARN of a connection (console: Developer Tools, Settings, Connections)"
_CLOUD_WORDS = "the ARN of the Secrets Manager secret that holds the access token of Pulumi Cloud"
_MEMBERS = {"name", "account", "roles", "approval", "window", "secrets_provider"}
# CodePipeline user guide, "DeploymentWindow": all seconds, and a day of the month or of the week. Two editions of that
# page number the months from 0 and from 1.
_DAY = r"[\dA-Z*/,LW#-]+"
_WINDOW = re.compile(rf"\* [\d*/,-]+ [\d*/,-]+ (\? [A-Z*,-]+ {_DAY}|{_DAY} [A-Z*,-]+ \?)( [\d*/,-]+)?")
_WINDOW_WORDS = (
    "seconds (*), minutes, hours, day of the month, month (JAN), day of the week, with ? for one of the days"
)
_TOKEN = re.compile(ARN + r"secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+")


@dataclass(frozen=True)
class Policies:
    """The library whose policies the pipeline enforces, as a requirement of pip, and the SHA-256 of its wheel."""

    library: str
    sha256: str


@dataclass(frozen=True)
class OfPipeline:
    """The source of the settings of a context's pipeline, whose program names the kind of its repository."""

    config: Config
    source: SourceKind
    context: str
    partition: Partition

    def get(self, key: str, /) -> str | None:
        """Return the text of a setting, or None."""
        return self.config.get(key)


@schema_is(lambda: {"type": "string", "title": " or ".join(words for _, words in _REPOSITORY.values())})
def _repository(config: OfPipeline, key: str) -> str:
    form, words = _REPOSITORY[config.source]
    return matching(config, key, form, None, words)


@schema_is(lambda: {**text(_CONNECTION, _CONNECTION_WORDS), "default": None})
def _connection(config: OfPipeline, key: str) -> str | None:
    if config.source == "codeconnections":
        return matching(config, key, _CONNECTION, None, _CONNECTION_WORDS)
    if config.get(key) is not None:
        raise SettingError(key, "is set, yet the source is CodeCommit, which needs none: remove it.")
    return None


@schema_is(lambda: listing(text(ACCOUNT, ACCOUNT_WORDS)))
def _shared_accounts(config: Config, key: str) -> tuple[str, ...]:
    return texts(config, key, ACCOUNT, ACCOUNT_WORDS, kind="a list of accounts")


def _in_s3(config: Config) -> bool:
    return (config.get("backend") or "").startswith("s3:")


@schema_is(lambda: {**text(PROVIDER, _PROVIDER_WORDS), "default": None})
def _secrets_provider(config: Config, key: str) -> str | None:
    if not _in_s3(config):
        return _unused(config, key)
    return matching(config, key, PROVIDER, None, f"{_PROVIDER_WORDS}, as bootstrap prints it")


@schema_is(lambda: {**text(_TOKEN, _CLOUD_WORDS), "default": None})
def _token(config: Config, key: str) -> str | None:
    return _unused(config, key) if _in_s3(config) else matching(config, key, _TOKEN, None, _CLOUD_WORDS)


def _unused(config: Config, key: str) -> None:
    if config.get(key) is not None:
        raise SettingError(key, f"is set, yet the backend {config.get('backend')} does not use it: remove it.")


@schema_is(lambda: members({name: {"type": "string"} for name in ("library", "sha256")}, "library", "sha256"))
def _policies(config: Config, key: str) -> Policies | None:
    value: dict[str, Any] = structure(config, key, dict, {}, "{library, sha256}")
    if not value:
        return None
    if set(value) != {"library", "sha256"}:
        raise SettingError("policies", f"is {value!r}: write {{library, sha256}} and nothing else.")
    library, sha256 = str(value["library"]), str(value["sha256"])
    if not _LIBRARY.fullmatch(library):
        words = f"{DISTRIBUTION}==<version> or ./vendor/<file>.whl"
        raise SettingError("policies.library", f"is {library!r}: write {words}.")
    if not _SHA256.fullmatch(sha256):
        raise SettingError("policies.sha256", f"is {sha256!r}: write the 64 hex digits of the wheel's SHA-256.")
    return Policies(library, sha256)


def _schema_of_environments() -> Schema:
    roles = members({role: text(_ROLE, "the ARN of a role") for role in ROLES}, *ROLES)
    known: dict[str, Schema] = {
        "name": about("The stack of the service.", {"type": "string"}),
        "account": about("The account, in which `infra/account` makes the roles.", text(ACCOUNT, ACCOUNT_WORDS)),
        "roles": about("Roles of your own instead of the account's.", roles),
        "approval": about("Whether a person approves first. The default is `true` for `prod`.", {"type": "boolean"}),
        "window": about("The minutes, in UTC, in which an execution may enter.", text(_WINDOW, _WINDOW_WORDS)),
        "secrets_provider": about("A key of its own for the secrets.", text(PROVIDER, _PROVIDER_WORDS)),
    }
    return {**listing(members(known, "name")), "minItems": 1}


@schema_is(_schema_of_environments)
def _environments(config: OfPipeline, key: str) -> tuple[Environment, ...]:
    provider, shared = _secrets_provider(config, "secrets_provider"), _shared_accounts(config, "shared_accounts")
    values: list[Any] = structure(config, key, list, [], "a list of {name, account}")
    if not values:
        raise SettingError(key, "is empty: write at least one {name, account}.")
    made = partial(_made_roles, config.partition, config.context)
    environments = tuple(_environment(value, provider, made) for value in values)
    if len({environment.name for environment in environments}) != len(environments):
        raise SettingError(key, "has a name twice: name each once.")
    require_separate(environments, shared)
    return environments


def _environment(value: Any, provider: str | None, made: MadeRoles) -> Environment:
    if not isinstance(value, dict) or not set(value) <= _MEMBERS:
        raise SettingError(
            "environments",
            f"has {value!r}: write {{name, account}}, and any of {', '.join(sorted(_MEMBERS - {'name', 'account'}))}.",
        )
    name = value.get("name")
    if not isinstance(name, str) or not ENVIRONMENT.fullmatch(name):
        raise SettingError("environments", f"has the name {name!r}: write a stack of infra/service.")
    if is_reserved(name):
        raise SettingError("environments", f"has the name {name!r}: {COLLIDES}")
    own = _own_provider(name, value.get("secrets_provider", provider), provider)
    roles = _roles(name, value["roles"]) if "roles" in value else made(name, value.get("account"))
    return Environment(name, roles, _approval(name, value), _window(name, value), own)


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
    if not isinstance(account, str) or not ACCOUNT.fullmatch(account):
        raise SettingError(f"environments.{name}.account", f"is {account!r}: write {ACCOUNT_WORDS}.")
    return {kind: partition.arn_of(f"iam::{account}:role/{role_name(context, name, kind)}") for kind in ROLES}


def _approval(name: str, value: Mapping[str, Any]) -> bool:
    approval = value.get("approval", name == "prod")
    if not isinstance(approval, bool):
        raise SettingError(f"environments.{name}.approval", f"is {approval!r}: write true or false.")
    return approval


def _window(name: str, value: Mapping[str, Any]) -> str | None:
    window = value.get("window")
    if window is not None and not (isinstance(window, str) and _WINDOW.fullmatch(window)):
        raise SettingError(f"environments.{name}.window", f"is {window!r}: write {_WINDOW_WORDS}.")
    return window


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """The pipeline."""

    backend: str = setting(
        "The state of Pulumi. `context bootstrap` prints it.",
        "s3://state-111122223333?region=eu-west-1",
        matching,
        _BACKEND,
        None,
        "s3://<bucket>, or https://api.pulumi.com",
    )
    secrets_provider: str | None = setting(
        "The key of the stacks' secrets. Required for a state in S3. `context bootstrap` prints it.",
        "awskms://alias/state?region=eu-west-1",
        _secrets_provider,
    )
    pulumi_token_secret_arn: str | None = setting(
        "The access token of Pulumi Cloud. Required for a state there.",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pulumi-AbCdEf",
        _token,
    )
    repository: str = setting("The repository whose commits are delivered.", "organization/loan", _repository)
    branch: str = setting(
        "The branch whose commits are delivered.", "main", matching, _BRANCH, "main", "the name of a branch"
    )
    connection_arn: str | None = setting(
        "The connection to the repository, with the status Available. Required, except with CodeCommit.",
        "arn:aws:codeconnections:eu-west-1:111122223333:connection/0f5a1c2e-1111-2222-3333-444455556666",
        _connection,
    )
    account: str | None = setting(
        "The account of the pipeline. By default it is the account of the credentials.",
        "111122223333",
        optional,
        ACCOUNT,
        ACCOUNT_WORDS,
    )
    environments: tuple[Environment, ...] = setting(
        "The stacks in the order of delivery.",
        [{"name": "dev", "account": "111122223333"}, {"name": "prod", "account": "444455556666"}],
        _environments,
    )
    # An action's timeout is at most 86,400 minutes (CodePipeline API reference, ActionDeclaration).
    approval_hours: int = setting(
        "Hours until a pending approval counts as rejected. Later executions wait for it.", 24, number, 72, 1, 1440
    )
    shared_accounts: tuple[str, ...] = setting(
        "The accounts that several environments share on purpose.", ["111122223333"], _shared_accounts
    )
    policies: Policies | None = setting(
        "The library whose policies the pipeline enforces, and the SHA-256 of its wheel. By default there is none.",
        {"library": f"{DISTRIBUTION}==0.4.0", "sha256": "0" * 64},
        _policies,
    )
    log_retention_days: int = setting("Days for which logs are stored.", 90, retention)
    protect: bool = setting("Deletion protection of the pipeline's artefacts.", True, flag)
    permissions_boundary: str | None = setting(
        "A managed policy that limits the pipeline's roles.",
        "arn:aws:iam::111122223333:policy/loan-pipeline-boundary",
        permissions_boundary,
    )

    @classmethod
    def from_config(cls, config: Config, source: SourceKind, context: str, partition: Partition = AWS) -> Self:
        """Read and check every setting. Raises SettingError with one sentence for the first bad value."""
        return cls(**read_all(cls, OfPipeline(config, source, context, partition)))
