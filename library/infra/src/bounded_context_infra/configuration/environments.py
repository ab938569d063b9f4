"""The environments of the pipeline, which have no common role, and no common account without a declaration."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Literal, get_args

from .config import SettingError

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
    for one, other in combinations(environments, 2):
        _no_common_role(one, other)
    for one, other in permutations(environments, 2):
        _no_foreign_role(one, other)
        _no_collision(one, other)
    for one, other in combinations(environments, 2):
        _no_common_account(one, other, shared)


def _no_common_role(one: Environment, other: Environment) -> None:
    for kind, arn in other.roles.items():
        if arn in one.roles.values():
            problem = f"is a role of {one.name} too: write a role that {other.name} alone has."
            raise SettingError(f"environments.{other.name}.roles.{kind}", problem)


def _no_foreign_role(one: Environment, other: Environment) -> None:
    for kind, arn in one.roles.items():
        if _is_named_for(arn, other.name) and not _is_named_for(arn, one.name):
            problem = f"is named for {other.name}: write a role of {one.name}, or rename the role."
            raise SettingError(f"environments.{one.name}.roles.{kind}", problem)


def _is_named_for(arn: str, environment: str) -> bool:
    words = re.sub(r"[^a-z0-9]+", "-", arn.partition(":role/")[2].lower())
    return f"-{environment}-" in f"-{words}-"


def _no_collision(one: Environment, other: Environment) -> None:
    """Raise SettingError if the role that deploys an environment also covers the names of another in its account."""
    if other.name.startswith(f"{one.name}-") and one.accounts & other.accounts:
        raise SettingError(
            f"environments.{other.name}",
            f"is in the account of {one.name}, whose names begin alike: choose another name or account.",
        )


def _no_common_account(one: Environment, other: Environment, shared: Collection[str]) -> None:
    for account in sorted(one.accounts & other.accounts - set(shared)):
        raise SettingError(
            "shared_accounts",
            f'lacks {account}, the account of {one.name} and {other.name}: write ["{account}"] if they share it on '
            "purpose, or give each environment its own account.",
        )
