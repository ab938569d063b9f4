"""The settings of lists: the SFTP server, its partners, and the import of their files."""

import json
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from bounded_context.declaration.context import Context

from .config import SettingError, Source
from .list_defaults import MAX_LIST_MB, TEMPORARY_NAMES, TOLERATED_SHARE
from .partners import Partners
from .schema import Form, setting, within
from .sftp import (
    HOST_NAME,
    HOST_ZONE,
    OF_OWN_NAME,
    OF_OWN_SERVER,
    OF_SHARED_SERVER,
    SECURITY_POLICY,
    SERVER_ID,
    HostKey,
    SecurityPolicy,
    Vpc,
)

Sftp = Literal["dedicated", "shared", "none"]
Malware = Literal["none", "guardduty"]

MOST_TEMPORARY: Final = 20
"""The endings are a variable of two functions, and Lambda limits all variables of a function to 4 KB."""

LONGEST_KEPT: Final = 3650
"""Days: ten years, the longest retention that bookkeeping requires in most countries."""

LONGEST_WAIT: Final = 168
"""Hours: an alarm evaluates at most a week (CloudWatch API reference, PutMetricAlarm)."""

_ENDING: Final = Form(r"\.[A-Za-z0-9._-]{1,31}", "an ending such as .part, up to 32 characters")
_SOURCE: Final = Form(r"[a-z0-9]+(\.[a-z0-9]+)+", "a source such as aws.transfer")


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """Lists. A context without lists has no such setting, except `sftp: none`."""

    sftp: Sftp = setting("dedicated")
    """The SFTP server: its own, that of another stack, or none. An own server costs 0.30 USD an hour."""
    sftp_server_id: Annotated[str, SERVER_ID] | None = setting("s-0123456789abcdef0", None, OF_SHARED_SERVER)
    """The id of another stack's server, for `sftp: shared`."""
    sftp_vpc: Vpc | None = setting(
        {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0123456789abcdef0"]}, None, OF_OWN_SERVER
    )
    """The server gets an elastic address in each subnet (0.005 USD an hour) and accepts only partners' addresses."""
    sftp_security_policy: SecurityPolicy = setting(SECURITY_POLICY, SECURITY_POLICY, OF_OWN_SERVER)
    """The algorithms of the server."""
    sftp_host_name: Annotated[str, HOST_NAME] | None = setting("sftp.example.org", None, OF_OWN_SERVER)
    """The name by which partners connect to the server."""
    sftp_host_zone: Annotated[str, HOST_ZONE] | None = setting("Z0123456789ABC", None, OF_OWN_NAME)
    """The hosted zone of Route 53 in which the stack makes the name. Without it, make a CNAME record yourself."""
    sftp_host_key: HostKey | None = setting({"secure": "v1:..."}, None, OF_OWN_SERVER)
    """The server's private key, as a secret. A server that is made again has the same key."""
    upload_event_source: Annotated[str, _SOURCE] = setting("aws.transfer", "aws.transfer")
    """The source of the upload events. Only the local run needs another source."""
    partners: Partners = setting(
        {"acme": {"public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK"]}},
        {},
    )
    """The keys, addresses and file format of each partner."""
    temporary_names: Annotated[tuple[Annotated[str, _ENDING], ...], Field(max_length=MOST_TEMPORARY)] = setting(
        [".filepart", ".tmp"], TEMPORARY_NAMES
    )
    """Endings of file names. Such a file becomes a list when its client renames it."""
    malware: Malware = setting("guardduty", "none")
    """`guardduty` scans each upload (0.09 USD for a GB). A list starts only after a clean result."""
    # Unseen uploads are found and redriven for 14 days. The sweep lists all stored uploads.
    incoming_days: Annotated[int, within(14, LONGEST_KEPT)] = setting(90, 365)
    """Days for which partners' files are stored."""
    reports_days: Annotated[int, within(1, LONGEST_KEPT)] = setting(90, 365)
    """Days for which partners' reports are stored."""
    tolerated_share: Annotated[float, within(0, 1)] = setting(0.05, TOLERATED_SHARE)
    """The share of bad rows up to which the other rows are imported. 0 imports all rows or none."""
    # A large list is validated in ranges, and one call joins their results within 15 minutes, Lambda's maximum. A list
    # in a format without ranges is validated by one call: at most 200 MB, unpacked (`ONE_PASS_BYTES`).
    max_list_mb: Annotated[int, within(1, 2048)] = setting(50, MAX_LIST_MB)
    """The largest accepted list, in MB. A list in UTF-16, or compressed with gzip, has at most 200 MB unpacked."""
    # A call imports a part within 4 minutes. The list's item stores the number of each part, so a list that could
    # have over 10,000 parts has larger parts (`rows_a_part`): up to 108,756 rows at 2,048 MB. So has a list whose parts
    # would write its record more often than a key accepts.
    part_rows: Annotated[int, within(250, 50_000)] = setting(2500, 5000)
    """Rows of a part. A list that could have very many parts has larger parts."""
    # A child of the import writes some 1,000 rows a second, with a write unit for the item and one for its index entry.
    # A table that has had this load accepts 40,000 units (AWS's default quota): 20 children. A new on-demand table
    # accepts 4,000: its first large list throttles, and so do commands. Children and commands retry.
    import_concurrency: Annotated[int, within(1, 100)] = setting(4, 20)
    """Parts and ranges of a list that are processed at the same time. Each part writes some 1,000 rows a second. Lower
    it for a new table with traffic, or warm the table up."""
    # A rule that calls another system sends one call at a time for each part that is verified.
    verification_concurrency: Annotated[int, within(1, 100)] | None = setting(5, None)
    """Parts of a list that are verified at the same time. Without the setting, as many as `import_concurrency`. Lower
    it for a rule that calls another system."""
    expect_list_hours: Annotated[int, within(1, LONGEST_WAIT)] | None = setting(26, None)
    """Hours without a list until an alarm. Without the setting, there is no alarm."""


OF_LISTS: Final = frozenset(declared.name for declared in fields(ListSettings))
"""The settings that only a context with lists reads."""


@dataclass(frozen=True)
class OfContext:
    """The source of the settings of a context. Without lists, a setting of lists is a fault, except ``sftp: none``."""

    context: Context[Any]
    source: Source

    def get(self, key: str, /) -> str | None:
        """Return the value of a setting. Raises SettingError for a setting of lists in a context without lists."""
        value = self.source.get(key)
        if key == "subscribers" and value is None:
            return json.dumps([*self.context.subscribers])
        if self.context.has_lists or key not in OF_LISTS:
            return value
        if value is not None and (key, value) != ("sftp", "none"):
            raise SettingError(key, "is a setting of lists, and the context has none: remove it.")
        return "none" if key == "sftp" else value
