"""The settings of `infra/account`, typed and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self, get_args

from .boundary import permissions_boundary
from .config import SettingError, Source, matching, number, one_of, optional, structure, texts
from .list_settings import LONGEST_KEPT
from .partition import ARN
from .pipeline_settings import ACCOUNT, ACCOUNT_WORDS, ENVIRONMENT
from .schema import Schema, listing, members, read_all, schema_is, setting, text

PERSONS: Final = ("redrive", "reseed", "restore", "erase", "close", "reproduce")
"""The roles of a person who repairs."""

_ROLES: Final = (*PERSONS, "sandbox")
REPOSITORY: Final = re.compile(r"[\w.-]+(/[\w.-]+|@\d+/[\w.-]+@\d+)")
"""A repository as in GitHub's subjects: its names, or the names and ids of owner and repository.

Repositories made or renamed since 15 July 2026 have ids (GitHub, "OpenID Connect", section "Immutable subject claims").
"""
REPOSITORY_WORDS: Final = "organization@id/repository@id, or organization/repository for subjects without ids"
_PRINCIPAL: Final = re.compile(ARN + r"iam::\d{12}:(role|user)/[^*\s]\S*")
_PRINCIPAL_WORDS: Final = "the ARN of a role or user; `*` is permitted within the name"
"""AWS adds an id to the roles of its sign-in."""


Evidence = Literal["none", "trail"]
_CONTEXT_WORDS: Final = "the name of a context, with hyphens"


def _schema_of_people() -> Schema:
    return members({role: listing(text(_PRINCIPAL, _PRINCIPAL_WORDS)) for role in _ROLES})


@schema_is(_schema_of_people)
def _people(config: Source, key: str) -> Mapping[str, tuple[str, ...]]:
    form = f"a map of any of {', '.join(_ROLES)} to lists of ARNs"
    given: dict[str, Any] = structure(config, key, dict, {}, form)
    for role, people in given.items():
        if role not in _ROLES or not isinstance(people, list):
            raise SettingError(f"{key}.{role}", f"is {people!r}: write {form}.")
        for person in people:
            if not isinstance(person, str) or not _PRINCIPAL.fullmatch(person):
                raise SettingError(f"{key}.{role}", f"has {person!r}: write {_PRINCIPAL_WORDS}.")
    return {role: tuple(people) for role, people in given.items()}


@schema_is(lambda: listing(text(ENVIRONMENT, "a stack, `pr` or `sandbox`")))
def _workflows(config: Source, key: str) -> tuple[str, ...]:
    return texts(config, key, ENVIRONMENT, "a stack, pr or sandbox", kind="a list of stacks")


@schema_is(lambda: listing(text(ENVIRONMENT, _CONTEXT_WORDS)))
def _contexts(config: Source, key: str) -> tuple[str, ...]:
    return texts(config, key, ENVIRONMENT, _CONTEXT_WORDS, kind="a list of contexts")


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """An account."""

    account: str = setting(
        "The account. Other credentials are refused.", "111122223333", matching, ACCOUNT, None, ACCOUNT_WORDS
    )
    workflows: tuple[str, ...] = setting(
        "The stacks that GitHub's workflows preview (`dev`), and the kinds that they deploy (`pr`, `sandbox`).",
        ["dev", "pr", "sandbox"],
        _workflows,
    )
    people: Mapping[str, tuple[str, ...]] = setting(
        "The people who may assume the roles for repairs and for sandboxes.",
        {"redrive": ["arn:aws:iam::111122223333:role/operator"]},
        _people,
    )
    repository: str | None = setting(
        "The repository of the workflows, as in GitHub's subjects. By default it is that of the pipeline, without ids.",
        "organization@123456/loan@456789",
        optional,
        REPOSITORY,
        REPOSITORY_WORDS,
    )
    oidc_provider: str = setting(
        "Write `existing` if another repository has made GitHub's provider in this account.",
        "existing",
        one_of,
        ("create", "existing"),
        "create",
    )
    evidence: Evidence = setting(
        "`trail` records changes and accesses in a locked archive. Write it in one repository of the account.",
        "trail",
        one_of,
        get_args(Evidence),
        "none",
    )
    evidence_days: int = setting(
        "Days for which the archive is locked. It cannot be deleted earlier.", 730, number, 365, 1, LONGEST_KEPT
    )
    evidence_contexts: tuple[str, ...] = setting(
        "The other contexts of the account whose tables and buckets the trail records.", ["order"], _contexts
    )
    permissions_boundary: str | None = setting(
        "A managed policy that limits the program's own roles.",
        "arn:aws:iam::111122223333:policy/loan-account-boundary",
        permissions_boundary,
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
