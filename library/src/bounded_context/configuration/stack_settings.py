"""The settings of a stack's resources: protection, backup, capacity and owner."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from ..domain import epochs
from .boundary import Boundary
from .config import SettingError, Source
from .list_settings import LONGEST_KEPT
from .partition import ARN
from .schema import Form, setting, within

Backup = Literal["none", "vault"]

MOST_RESERVED: Final = 10_000
"""Concurrent executions. An account has 1,000 at first and "tens of thousands" on request (Lambda developer guide,
"Lambda quotas"). With 0 a function would never run."""

_SIGNING: Final = Form(
    re.compile(ARN + r"lambda:[a-z0-9-]+:\d{12}:code-signing-config:csc-[a-z0-9]{17}"),
    "the ARN of a code signing configuration, arn:aws:lambda:<region>:<account>:code-signing-config:csc-<id>",
)
_VAULT: Final = Form(
    re.compile(ARN + r"backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}"),
    "the ARN of a backup vault, arn:aws:backup:<region>:<account>:backup-vault:<name>",
)
_OWNER: Final = Form(
    re.compile(r"[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?"),
    "a name as a tag of AWS takes it, of up to 256 characters",
)
_TIME: Final = Form(re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "a time in UTC such as 2026-01-31T18:00:00Z")


def _only_with_vault(config: Source, key: str, vault: str | None) -> None:
    backup = config.get("backup") or "none"
    if (backup == "vault") != bool(vault):
        raise SettingError(key, f"is {vault!r}, yet backup is {backup}: write both, or remove both.")


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """The resources of the stack."""

    protect: bool = setting("Deletion protection of the resources with data.", True)
    owner: Annotated[str, _OWNER] | None = setting(
        "A tag of all resources, for instance a person. By default it is the context's team.", "ada@example.org", None
    )
    expires: Annotated[str, _TIME] | None = setting(
        "A tag of all resources: the time from which the stack may be destroyed (UTC, ISO 8601, in quotes).",
        "2026-01-31T18:00:00Z",
        None,
    )
    table_epoch: Annotated[int, within(0, epochs.MOST)] = setting(
        "The number of replacements of the table. A table of a later epoch has another name.", 1, 0
    )
    # Lambda API reference, CreateEventSourceMapping.
    stream_parallelization_factor: Annotated[int, within(1, 10)] = setting(
        "Batches of a shard that a reader of the table's stream processes at the same time.", 5, 10
    )
    reserved_concurrency: Annotated[
        Mapping[str, Annotated[int, within(1, MOST_RESERVED)]], Field(title="a map of functions to executions")
    ] = setting(
        "Executions that Lambda reserves for a function, also its maximum. The others share the account's.",
        {"register": 50},
        {},
    )
    # Lambda pricing page (us-east-1, Python): 0.0000015046 USD a second for a cached GB, at least 3 hours, and
    # 0.0001397998 USD for a restored GB.
    snap_start: bool = setting(
        "Starts the API's functions from a snapshot. Each version costs about 4 USD a month for a GB of its memory.",
        True,
        False,
    )
    backup: Backup = setting(
        "`vault` backs up the table each night into a locked vault, and copies the backup to `backup_copy`.",
        "vault",
        "none",
    )
    backup_copy: Annotated[str, _VAULT] | None = setting(
        "A backup vault in another account or region, which `backup: vault` requires.",
        "arn:aws:backup:eu-central-1:111122223333:backup-vault:copies",
        None,
        _only_with_vault,
    )
    backup_days: Annotated[int, within(7, LONGEST_KEPT)] = setting(
        "Days for which both vaults store a backup. Nobody can delete it earlier.", 90, 35
    )
    permissions_boundary: Boundary | None = setting(
        "A managed policy that limits every role of the stack.",
        "arn:aws:iam::111122223333:policy/loan-dev-boundary",
        None,
    )
    code_signing: Annotated[str, _SIGNING] | None = setting(
        "The code signing configuration of all functions. The archives must then be signed.",
        "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdefg",
        None,
    )
