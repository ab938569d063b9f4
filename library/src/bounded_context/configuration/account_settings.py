"""The settings of `infra/account`, typed and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field

from .boundary import Boundary
from .config import SettingError, Source, read_all
from .list_settings import LONGEST_KEPT
from .partition import ARN
from .pipeline_settings import ENVIRONMENT, Account
from .schema import BadMember, Form, setting, within

PERSONS: Final = ("redrive", "reseed", "restore", "erase", "close", "reproduce")
"""The roles of a person who repairs."""

_ROLES: Final = (*PERSONS, "sandbox")
REPOSITORY: Final = re.compile(r"[\w.-]+(/[\w.-]+|@\d+/[\w.-]+@\d+)")
"""A repository as in GitHub's subjects: its names, or the names and ids of owner and repository.

Repositories made or renamed since 15 July 2026 have ids (GitHub, "OpenID Connect", section "Immutable subject claims").
"""
REPOSITORY_WORDS: Final = "organization@id/repository@id, or organization/repository for subjects without ids"
_PRINCIPAL: Final = Form(
    re.compile(ARN + r"iam::\d{12}:(role|user)/[^*\s]\S*"),
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

    account: Account = setting("The account. Other credentials are refused.", "111122223333")
    workflows: tuple[Annotated[str, _STACK], ...] = setting(
        "The stacks that GitHub's workflows preview (`dev`), and the kinds that they deploy (`pr`, `sandbox`).",
        ["dev", "pr", "sandbox"],
        (),
    )
    people: Annotated[_People, AfterValidator(_with_roles), Field(json_schema_extra=_members)] = setting(
        "The people who may assume the roles for repairs and for sandboxes.",
        {"redrive": ["arn:aws:iam::111122223333:role/operator"]},
        {},
    )
    repository: Annotated[str, Form(REPOSITORY, REPOSITORY_WORDS)] | None = setting(
        "The repository of the workflows, as in GitHub's subjects. By default it is that of the pipeline, without ids.",
        "organization@123456/loan@456789",
        None,
    )
    oidc_provider: Literal["create", "existing"] = setting(
        "Write `existing` if another repository has made GitHub's provider in this account.", "existing", "create"
    )
    evidence: Evidence = setting(
        "`trail` records changes and accesses in a locked archive. Write it in one repository of the account.",
        "trail",
        "none",
    )
    evidence_days: Annotated[int, within(1, LONGEST_KEPT)] = setting(
        "Days for which the archive is locked. It cannot be deleted earlier.", 730, 365
    )
    evidence_contexts: tuple[Annotated[str, _CONTEXT], ...] = setting(
        "The other contexts of the account whose tables and buckets the trail records.", ["order"], ()
    )
    permissions_boundary: Boundary | None = setting(
        "A managed policy that limits the program's own roles.",
        "arn:aws:iam::111122223333:policy/loan-account-boundary",
        None,
    )

    @classmethod
    def from_config(cls, config: Source, names: Mapping[str, Any]) -> Self:
        """Read and check every setting; `names` has all settings of the file.

        Raises:
            SettingError: a setting is bad, or unknown, with one sentence for the first.
        """
        known = [declared.name for declared in fields(cls)]
        for unknown in sorted(names.keys() - {*known}):
            raise SettingError(unknown, f"is no setting of an account: write one of {', '.join(known)}.")
        return cls(**read_all(cls, config))
