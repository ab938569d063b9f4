"""The settings of a stack's resources: protection, backup, capacity and owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from bounded_context.domain import epochs

from .boundary import Boundary
from .config import only_if
from .list_settings import LONGEST_KEPT
from .partition import ARN
from .schema import Form, setting, within

Backup = Literal["none", "vault"]

MOST_RESERVED: Final = 10_000
"""Concurrent executions. An account has 1,000 at first and "tens of thousands" on request (Lambda developer guide,
"Lambda quotas"). With 0 a function would never run."""

_SIGNING: Final = Form(
    ARN + r"lambda:[a-z0-9-]+:\d{12}:code-signing-config:csc-[a-z0-9]{17}",
    "the ARN of a code signing configuration, arn:aws:lambda:<region>:<account>:code-signing-config:csc-<id>",
)
_VAULT: Final = Form(
    ARN + r"backup:[a-z0-9-]+:\d{12}:backup-vault:[A-Za-z0-9_-]{2,50}",
    "the ARN of a backup vault, arn:aws:backup:<region>:<account>:backup-vault:<name>",
)
_OWNER: Final = Form(
    r"[\w.:/=+@-]([\w .:/=+@-]{0,254}[\w.:/=+@-])?",
    "a name as a tag of AWS takes it, of up to 256 characters",
)
_TIME: Final = Form(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a time in UTC such as 2026-01-31T18:00:00Z")


_WITH_VAULT: Final = only_if("backup: vault", lambda config: config.get("backup") == "vault", needed=True)


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """The resources of the stack."""

    protect: bool = setting(True)
    """Deletion protection of the resources with data."""
    owner: Annotated[str, _OWNER] | None = setting("ada@example.org", None)
    """A tag of all resources, for instance a person. By default it is the context's team."""
    expires: Annotated[str, _TIME] | None = setting("2026-01-31T18:00:00Z", None)
    """A tag of all resources: the time from which the stack may be destroyed (UTC, ISO 8601, in quotes)."""
    table_epoch: Annotated[int, within(0, epochs.MOST)] = setting(1, 0)
    """The number of replacements of the table. A table of a later epoch has another name."""
    # Lambda API reference, CreateEventSourceMapping.
    stream_parallelization_factor: Annotated[int, within(1, 10)] = setting(5, 10)
    """Batches of a shard that a reader of the table's stream processes at the same time."""
    reserved_concurrency: Annotated[
        Mapping[str, Annotated[int, within(1, MOST_RESERVED)]], Field(title="a map of functions to executions")
    ] = setting({"register": 50}, {})
    """Executions that Lambda reserves for a function, also its maximum. The others share the account's."""
    # Lambda pricing page (us-east-1, Python): 0.0000015046 USD a second for a cached GB, at least 3 hours, and
    # 0.0001397998 USD for a restored GB.
    snap_start: bool = setting(True, False)
    """Starts the API's functions from a snapshot. Each version costs about 4 USD a month for a GB of its memory."""
    backup: Backup = setting("vault", "none")
    """`vault` backs up the table each night into a locked vault, and copies the backup to `backup_copy`."""
    backup_copy: Annotated[str, _VAULT] | None = setting(
        "arn:aws:backup:eu-central-1:111122223333:backup-vault:copies", None, _WITH_VAULT
    )
    """A backup vault in another account or region, which `backup: vault` requires."""
    backup_days: Annotated[int, within(7, LONGEST_KEPT)] = setting(90, 35)
    """Days for which both vaults store a backup. Nobody can delete it earlier."""
    permissions_boundary: Boundary | None = setting("arn:aws:iam::111122223333:policy/loan-dev-boundary", None)
    """A managed policy that limits every role of the stack."""
    code_signing: Annotated[str, _SIGNING] | None = setting(
        "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdefg", None
    )
    """The code signing configuration of all functions. The archives must then be signed."""
