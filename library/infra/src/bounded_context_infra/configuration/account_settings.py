"""The settings of `infra/account`, typed and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field

from .access import Boundary
from .config import SettingError, SettingSource, read_all
from .list_settings import LONGEST_KEPT
from .partition import ARN
from .pipeline_settings import ENVIRONMENT, Account
from .schema import BadMember, Form, setting, within

PERSONS: Final = ("redrive", "reseed", "restore", "erase", "close", "reproduce")
"""The roles of a person who repairs."""

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
