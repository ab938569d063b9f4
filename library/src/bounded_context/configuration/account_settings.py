"""The settings of `infra/account`, typed and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from .boundary import permissions_boundary
from .config import SettingError, Source, matching, one_of, optional, structure, texts
from .partition import ARN
from .pipeline_settings import ACCOUNT, ACCOUNT_WORDS, ENVIRONMENT
from .schema import Schema, listing, members, read_all, schema_is, setting, text

PERSONS: Final = ("redrive", "reseed", "restore", "erase", "close", "reproduce")
"""The roles of a person who repairs."""

_ROLES: Final = (*PERSONS, "sandbox")
_REPOSITORY: Final = re.compile(r"[\w.@-]+/[\w.@-]+")
_REPOSITORY_WORDS: Final = "organization/repository"
_PRINCIPAL: Final = re.compile(ARN + r"iam::\d{12}:(role|user)/[^*\s]\S*")
_PRINCIPAL_WORDS: Final = "the ARN of a role or user; `*` is permitted within the name"
"""AWS adds an id to the roles of its sign-in."""


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
        "The repository of the workflows on GitHub. By default it is that of the pipeline.",
        "organization/loan",
        optional,
        _REPOSITORY,
        _REPOSITORY_WORDS,
    )
    oidc_provider: str = setting(
        "Write `existing` if another repository has made GitHub's provider in this account.",
        "existing",
        one_of,
        ("create", "existing"),
        "create",
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
