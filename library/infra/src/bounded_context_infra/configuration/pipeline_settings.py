"""The settings of the pipeline and of `infra/account`, typed and checked.

The environments of a pipeline have no common role.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import combinations, permutations
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, GetPydanticSchema, ValidationInfo, WithJsonSchema

from .access import PROVIDER, Boundary, SecretsProvider, role_name
from .config import ARN, AWS, Partition, Retention, SettingError, SettingSource, only_if, read_all
from .config import SettingSource as Config
from .labels import COLLIDES, is_reserved
from .list_settings import LONGEST_KEPT
from .project import DISTRIBUTION
from .schema import BadMember, Form, Members, setting, within

RoleKind = Literal["preview", "deploy", "shift"]
"""The roles of the pipeline in an environment. They are separate, because the preview runs before the approval."""

ROLES: tuple[RoleKind, ...] = get_args(RoleKind)


@dataclass(frozen=True)
class Environment:
    """A stack of the context.

    Attributes:
        name: the stack's name.
        roles: the ARNs of the roles that read and change it.
        approval: whether a person approves first.
        window: the cron expression of the minutes, in UTC, in which an execution may enter it; None for any time.
        secrets_provider: its own, or that of the pipeline; None in Pulumi Cloud.
    """

    name: str
    roles: Mapping[RoleKind, str] = field(hash=False)
    approval: bool
    window: str | None
    secrets_provider: str | None

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of its roles."""
        return frozenset(arn.split(":")[4] for arn in self.roles.values())


def require_separate(environments: Sequence[Environment], shared: Collection[str]) -> None:
    """Raise SettingError if an environment has a role, an account or a name that reaches another environment.

    Args:
        environments: all environments of the pipeline.
        shared: the accounts that several environments share on purpose.
    """
    for environment, other in combinations(environments, 2):
        _no_common_role(environment, other)
    for environment, other in permutations(environments, 2):
        _no_foreign_role(environment, other)
        _no_collision(environment, other)
    for environment, other in combinations(environments, 2):
        _no_common_account(environment, other, shared)


def _no_common_role(environment: Environment, other: Environment) -> None:
    for kind, arn in other.roles.items():
        if arn in environment.roles.values():
            problem = f"is a role of {environment.name} too: write a role that {other.name} alone has."
            raise SettingError(f"environments.{other.name}.roles.{kind}", problem)


def _no_foreign_role(environment: Environment, other: Environment) -> None:
    for kind, arn in environment.roles.items():
        if _is_named_for(arn, other.name) and not _is_named_for(arn, environment.name):
            problem = f"is named for {other.name}: write a role of {environment.name}, or rename the role."
            raise SettingError(f"environments.{environment.name}.roles.{kind}", problem)


def _is_named_for(arn: str, environment: str) -> bool:
    words = re.sub(r"[^a-z0-9]+", "-", arn.partition(":role/")[2].lower())
    return f"-{environment}-" in f"-{words}-"


def _no_collision(environment: Environment, other: Environment) -> None:
    """Raise SettingError if the role that deploys an environment also covers the names of another in its account."""
    if other.name.startswith(f"{environment.name}-") and environment.accounts & other.accounts:
        raise SettingError(
            f"environments.{other.name}",
            f"is in the account of {environment.name}, whose names begin alike: choose another name or account.",
        )


def _no_common_account(environment: Environment, other: Environment, shared: Collection[str]) -> None:
    for account in sorted(environment.accounts & other.accounts - set(shared)):
        raise SettingError(
            "shared_accounts",
            f'lacks {account}, the account of {environment.name} and {other.name}: write ["{account}"] if they '
            "share it on purpose, or give each environment its own account.",
        )


SourceKind = Literal["codeconnections", "codecommit"]

_REPOSITORY: Final = {
    "codeconnections": Form(r"[\w.-]+(/[\w.-]+)+", "organization/repository"),
    "codecommit": Form(r"[\w.-]{1,100}", "the name of a CodeCommit repository"),
}
_REPOSITORY_WORDS: Final = " or ".join(form.words for form in _REPOSITORY.values())
ENVIRONMENT: Final = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
# CodePipeline user guide, "DeploymentWindow": all seconds, and a day of the month or of the week. Two editions of that
# page number the months from 0 and from 1.
_DAY: Final = r"[\dA-Z*/,LW#-]+"
_WINDOW: Final = Form(
    rf"\* [\d*/,-]+ [\d*/,-]+ (\? [A-Z*,-]+ {_DAY}|{_DAY} [A-Z*,-]+ \?)( [\d*/,-]+)?",
    "seconds (*), minutes, hours, day of the month, month (JAN), day of the week, with ? for one of the days",
)

_ACCOUNT: Final = Form(r"\d{12}", "the 12 digits of an account, in quotes")
Account = Annotated[str, _ACCOUNT]
_BACKEND: Final = Form(
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\?\S+)?|https://\S+", "s3://<bucket>, or https://api.pulumi.com"
)
_Provider = Annotated[str, Form(PROVIDER.pattern, "awskms://alias/<key>?region=<region>, as bootstrap prints it")]
_Role = Annotated[str, Form(ARN + r"iam::\d{12}:role/[\w+=,.@/-]+", "the ARN of a role")]
_CONNECTION: Final = Form(
    ARN + r"(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}",
    "the ARN of a connection (console: Developer Tools, Settings, Connections)",
)
_TOKEN: Final = Form(
    ARN + r"secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+",
    "the ARN of the Secrets Manager secret that holds the access token of Pulumi Cloud",
)


def _wheel(distribution: str) -> Form:
    """Return the form of a requirement of pip with the SHA-256 of a distribution's wheel."""
    place = rf"{distribution}==\d[0-9a-z.]*|\./vendor/{distribution.replace('-', '_')}-\d[0-9a-z_.+-]*\.whl"
    words = f"{distribution}==<version> --hash=sha256:<64 hex digits>, or ./vendor/<file>.whl with its hash"
    return Form(rf"({place}) --hash=sha256:[0-9a-f]{{64}}", words)


@dataclass(frozen=True)
class Policies(Members):
    """The wheels of the library whose policies the pipeline enforces, as requirements of pip with hashes."""

    runtime: Annotated[str, _wheel(DISTRIBUTION)]
    infra: Annotated[str, _wheel(f"{DISTRIBUTION}-infra")]
    cli: Annotated[str, _wheel(f"{DISTRIBUTION}-cli")]


@dataclass(frozen=True)
class _Roles(Members):
    """The roles of an environment."""

    preview: _Role
    deploy: _Role
    shift: _Role

    def __post_init__(self) -> None:
        # The preview runs before the approval. If it could assume the role for deployments, the approval would have no
        # effect.
        if len({*vars(self).values()}) < len(ROLES):
            raise ValueError("has one role twice: write three, `context permissions` lists what each may")


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


@dataclass(frozen=True)
class _Stack(Members):
    """An environment in the file. Members with the default None or an empty text are not in the file."""

    name: str
    """The stack of the service."""
    account: Annotated[Any, WithJsonSchema(_ACCOUNT.schema), Field(default=None)]
    """The account, in which `infra/account` makes the roles."""
    roles: Annotated[_Roles, Field(default=None)]
    """Roles of your own instead of the account's."""
    approval: Annotated[bool, Field(default=None, strict=True)]
    """Whether a person approves first. The default is `true` for `prod`."""
    window: Annotated[Annotated[str, _WINDOW] | None, Field(default=None)]
    """The minutes, in UTC, in which an execution may enter."""
    secrets_provider: Annotated[_Provider, Field(default="")]
    """A key of its own for the secrets."""

    def roles_of(self, pipeline: OfPipeline) -> Mapping[RoleKind, str]:
        """Return the environment's own roles, or those that the program `infra/account` makes. Raises BadMember."""
        if self.roles:
            return {kind: getattr(self.roles, kind) for kind in ROLES}
        if not _ACCOUNT.matches(self.account):
            raise BadMember("account", f"is {self.account!r}: write {_ACCOUNT.words}")
        names = {kind: role_name(pipeline.context, self.name, kind) for kind in ROLES}
        return {kind: pipeline.partition.arn_of(f"iam::{self.account}:role/{name}") for kind, name in names.items()}

    def provider_of(self, pipeline: OfPipeline) -> str | None:
        """Return the secrets provider, which must not be that of another environment. Raises BadMember."""
        if not _in_s3(pipeline):
            if self.secrets_provider:
                raise BadMember("secrets_provider", "is set, yet Pulumi Cloud does not use it: remove it")
            return None
        url = self.secrets_provider or pipeline.get("secrets_provider") or ""
        provider = SecretsProvider.of(url)
        if provider and provider.context.get("stack", self.name) != self.name:
            raise BadMember("secrets_provider", f"is {url!r}, of another stack: write context_stack={self.name}")
        return url


def _environment(stack: _Stack, info: ValidationInfo[Any]) -> Environment:
    if not re.fullmatch(ENVIRONMENT, stack.name):
        raise ValueError(f"has the name {stack.name!r}: write a stack of infra/service")
    if is_reserved(stack.name):
        raise ValueError(f"has the name {stack.name!r}: {COLLIDES}".removesuffix("."))
    approval = stack.name == "prod" if stack.approval is None else stack.approval
    roles = stack.roles_of(info.context)
    return Environment(stack.name, roles, approval, stack.window, stack.provider_of(info.context))


_Environment = Annotated[
    Environment, GetPydanticSchema(lambda _, handler: handler(Annotated[_Stack, AfterValidator(_environment)]))
]


def _separate(environments: tuple[Environment, ...], info: ValidationInfo[Any]) -> tuple[Environment, ...]:
    if len({environment.name for environment in environments}) != len(environments):
        raise ValueError("has a name twice: name each once")
    require_separate(environments, json.loads(info.context.get("shared_accounts") or "[]"))
    return environments


def _of_source(text: str, info: ValidationInfo[Any]) -> str:
    form = _REPOSITORY[info.context.source]
    if not form.matches(text):
        raise ValueError(f"is {text!r}: write {form.words}")
    return text


def _in_s3(config: Config) -> bool:
    return (config.get("backend") or "").startswith("s3:")


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """The pipeline."""

    backend: Annotated[str, _BACKEND] = setting("s3://state-111122223333?region=eu-west-1")
    """The state of Pulumi. `context bootstrap` prints it."""
    secrets_provider: _Provider | None = setting(
        "awskms://alias/state?region=eu-west-1", None, only_if("a state in S3", _in_s3, needed=True)
    )
    """The key of the stacks' secrets. Required for a state in S3. `context bootstrap` prints it."""
    pulumi_token_secret_arn: Annotated[str, _TOKEN] | None = setting(
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pulumi-AbCdEf",
        None,
        only_if("Pulumi Cloud", lambda config: not _in_s3(config), needed=True),
    )
    """The access token of Pulumi Cloud. Required for a state there."""
    repository: Annotated[str, AfterValidator(_of_source), Field(title=_REPOSITORY_WORDS)] = setting(
        "organization/loan"
    )
    """The repository whose commits are delivered."""
    branch: Annotated[str, Form(r"[\w.-]+(/[\w.-]+)*", "the name of a branch")] = setting("main", "main")
    """The branch whose commits are delivered."""
    connection_arn: Annotated[str, _CONNECTION] | None = setting(
        "arn:aws:codeconnections:eu-west-1:111122223333:connection/0f5a1c2e-1111-2222-3333-444455556666",
        None,
        only_if("a source of codeconnections", lambda config: config.source != "codecommit", needed=True),
    )
    """The connection to the repository, with the status Available. Required, except with CodeCommit."""
    account: Account | None = setting("111122223333", None)
    """The account of the pipeline. By default it is the account of the credentials."""
    shared_accounts: tuple[Account, ...] = setting(["111122223333"], ())
    """The accounts that several environments share on purpose."""
    environments: Annotated[tuple[_Environment, ...], Field(min_length=1), AfterValidator(_separate)] = setting(
        [{"name": "dev", "account": "111122223333"}, {"name": "prod", "account": "444455556666"}]
    )
    """The stacks in the order of delivery."""
    # An action's timeout is at most 86,400 minutes (CodePipeline API reference, ActionDeclaration).
    approval_hours: Annotated[int, within(1, 1440)] = setting(24, 72)
    """Hours until a pending approval counts as rejected. Later executions wait for it."""
    policies: Policies | None = setting(
        {
            "runtime": f"{DISTRIBUTION}==0.5.0 --hash=sha256:{'0' * 64}",
            "infra": f"{DISTRIBUTION}-infra==0.5.0 --hash=sha256:{'1' * 64}",
            "cli": f"{DISTRIBUTION}-cli==0.5.0 --hash=sha256:{'2' * 64}",
        },
        None,
    )
    """The wheels of the library whose policies the pipeline enforces, with hashes. By default there are none."""
    log_retention_days: Retention = setting(90, 30)
    """Days for which logs are stored."""
    protect: bool = setting(True)
    """Deletion protection of the pipeline's artefacts."""
    permissions_boundary: Boundary | None = setting("arn:aws:iam::111122223333:policy/loan-pipeline-boundary", None)
    """A managed policy that limits the pipeline's roles."""

    @classmethod
    def from_config(cls, config: Config, source: SourceKind, context: str, partition: Partition = AWS) -> Self:
        """Read and check every setting. Raises SettingError with a sentence for the first bad value."""
        return cls(**read_all(cls, OfPipeline(config, source, context, partition)))


PERSONS: Final = (
    *("redrive", "reseed", "restore", "erase", "close", "approve", "deadlines", "exports", "reproduce", "releases"),
)
"""The roles of a person who repairs, and of a person or a job that reads the figures of releases."""

_ROLES: Final = (*PERSONS, "sandbox")
REPOSITORY: Final = Form(
    r"[\w.-]+(/[\w.-]+|@\d+/[\w.-]+@\d+)",
    "organization@id/repository@id, or organization/repository for subjects without ids",
)
"""A repository as in GitHub's subjects: its names, or the names and ids of owner and repository.

Repositories made or renamed since 15 July 2026 have ids (GitHub, "OpenID Connect", section "Immutable subject claims").
"""
_PRINCIPAL: Final = Form(
    ARN + r"iam::\d{12}:(role|user)/[^*\s]\S*",
    "the ARN of a role or user; `*` is permitted within the name",
)
"""AWS adds an id to the roles of its sign-in."""

_STACK: Final = Form(ENVIRONMENT, "a stack, `pr` or `sandbox`")
_CONTEXT: Final = Form(ENVIRONMENT, "the name of a context, with hyphens")

Evidence = Literal["none", "trail"]
_People = Mapping[str, tuple[Annotated[str, _PRINCIPAL], ...]]


def _with_roles(people: _People) -> _People:
    if unknown := people.keys() - {*_ROLES}:
        raise BadMember(min(unknown), f"is no role: write any of {', '.join(_ROLES)}")
    return people


def _members(schema: dict[str, Any]) -> None:
    """Replace the free names of a map's JSON Schema by the roles."""
    schema |= {"properties": dict.fromkeys(_ROLES, schema["additionalProperties"]), "additionalProperties": False}


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """An account."""

    account: Account = setting("111122223333")
    """The account. Other credentials are refused."""
    workflows: tuple[Annotated[str, _STACK], ...] = setting(["dev", "pr", "sandbox"], ())
    """The stacks that GitHub's workflows preview (`dev`), and the kinds that they deploy (`pr`, `sandbox`)."""
    people: Annotated[_People, AfterValidator(_with_roles), Field(json_schema_extra=_members)] = setting(
        {"redrive": ["arn:aws:iam::111122223333:role/operator"]}, {}
    )
    """The people who may assume the roles for repairs and for sandboxes."""
    repository: Annotated[str, REPOSITORY] | None = setting("organization@123456/loan@456789", None)
    """The repository of the workflows, as in GitHub's subjects. By default it is that of the pipeline, without ids."""
    oidc_provider: Literal["create", "existing"] = setting("existing", "create")
    """Write `existing` if another repository has made GitHub's provider in this account."""
    evidence: Evidence = setting("trail", "none")
    """`trail` records changes and accesses in a locked archive. Write it in one repository of the account."""
    evidence_days: Annotated[int, within(1, LONGEST_KEPT)] = setting(730, 365)
    """Days for which the archive is locked. It cannot be deleted earlier."""
    evidence_contexts: tuple[Annotated[str, _CONTEXT], ...] = setting(["order"], ())
    """The other contexts of the account whose tables and buckets the trail records."""
    traces_indexed: Annotated[float, within(0, 100)] | None = setting(1.0, None)
    """Store all traces of the region in CloudWatch Logs (Transaction Search), and index this percentage in X-Ray."""
    permissions_boundary: Boundary | None = setting("arn:aws:iam::111122223333:policy/loan-account-boundary", None)
    """A managed policy that limits the program's own roles."""

    @classmethod
    def from_config(cls, config: SettingSource, names: Mapping[str, Any]) -> Self:
        """Read and check every setting; `names` has all settings of the file.

        Raises:
            SettingError: a setting is bad, or unknown, with a sentence for the first.
        """
        known = [declared.name for declared in fields(cls)]
        for unknown in sorted(names.keys() - {*known}):
            raise SettingError(unknown, f"is no setting of an account: write one of {', '.join(known)}.")
        return cls(**read_all(cls, config))
