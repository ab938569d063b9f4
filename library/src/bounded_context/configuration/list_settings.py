"""The settings of lists: the SFTP server, its partners, and the import of their files."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, get_args

from pydantic import SecretStr

from ..declaration.context import Context
from .config import SettingError, Source, matching, number, one_of, optional_number, texts
from .list_defaults import MAX_LIST_MB, TEMPORARY_NAMES, TOLERATED_SHARE
from .partners import Partner, partners, schema_of_partners
from .schema import listing, schema_is, setting, text
from .sftp import SECURITY_POLICY, Vpc, host_key, host_name, host_zone, security_policy, server_id, vpc

Sftp = Literal["dedicated", "shared", "none"]
Malware = Literal["none", "guardduty"]

MOST_TEMPORARY: Final = 20
"""The endings are a variable of two functions, and Lambda limits all variables of a function to 4 KB."""

SHARED_PARTNERS_LIMIT: Final = 1600
"""Characters. A rule on a shared server names its partners, and EventBridge limits a pattern to 2,048 characters."""

LONGEST_KEPT: Final = 3650
"""Days: ten years, the longest retention that bookkeeping requires in most countries."""

LONGEST_WAIT: Final = 168
"""Hours: an alarm evaluates at most a week (CloudWatch API reference, PutMetricAlarm)."""

_ENDING: Final = re.compile(r"\.[A-Za-z0-9._-]{1,31}")
_ENDING_WORDS: Final = "an ending such as .part, up to 32 characters"
_SOURCE: Final = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+")


@schema_is(lambda: {**listing(text(_ENDING, _ENDING_WORDS)), "maxItems": MOST_TEMPORARY})
def _temporary_names(config: Source, key: str) -> tuple[str, ...]:
    endings = texts(config, key, _ENDING, _ENDING_WORDS, kind="a list of endings of names", default=TEMPORARY_NAMES)
    if len(endings) > MOST_TEMPORARY:
        raise SettingError(key, f"has {len(endings)} endings: write at most {MOST_TEMPORARY}.")
    return endings


@schema_is(schema_of_partners)
def _partners(config: Source, key: str) -> Mapping[str, Partner]:
    found = partners(config, key)
    if config.get("sftp") == "shared" and len(json.dumps(list(found))) > SHARED_PARTNERS_LIMIT:
        raise SettingError(key, "are too many for one rule on a shared server: write sftp: dedicated.")
    return found


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """Lists. A context without lists has none of these settings, except `sftp: none`."""

    sftp: Sftp = setting(
        "The SFTP server: its own, that of another stack, or none. An own server costs 0.30 USD an hour.",
        "dedicated",
        one_of,
        get_args(Sftp),
    )
    sftp_server_id: str | None = setting(
        "The id of another stack's server, for `sftp: shared`.", "s-0123456789abcdef0", server_id
    )
    sftp_vpc: Vpc | None = setting(
        "The server gets an elastic address in each subnet (0.005 USD an hour) and accepts only partners' addresses.",
        {"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-0123456789abcdef0"]},
        vpc,
    )
    sftp_security_policy: str = setting("The algorithms of the server.", SECURITY_POLICY, security_policy)
    sftp_host_name: str | None = setting(
        "The name by which partners connect to the server.", "sftp.example.org", host_name
    )
    sftp_host_zone: str | None = setting(
        "The hosted zone of Route 53 in which the stack makes the name. Without it, make a CNAME record yourself.",
        "Z0123456789ABC",
        host_zone,
    )
    sftp_host_key: SecretStr | None = setting(
        "The server's private key, as a secret. A server that is made again has the same key.",
        {"secure": "v1:..."},
        host_key,
    )
    upload_event_source: str = setting(
        "The source of the upload events. Only the local run needs another source.",
        "aws.transfer",
        matching,
        _SOURCE,
        "aws.transfer",
        "a source such as aws.transfer",
    )
    partners: Mapping[str, Partner] = setting(
        "The keys, addresses and file format of each partner.",
        {"acme": {"public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK"]}},
        _partners,
    )
    temporary_names: tuple[str, ...] = setting(
        "Endings of file names. Such a file becomes a list when its client renames it.",
        [".filepart", ".tmp"],
        _temporary_names,
    )
    malware: Malware = setting(
        "`guardduty` scans each upload (0.09 USD for a GB). A list starts only after a clean result.",
        "guardduty",
        one_of,
        get_args(Malware),
        "none",
    )
    # Unseen uploads are found and redriven for 14 days. The sweep lists all stored uploads.
    incoming_days: int = setting("Days for which partners' files are stored.", 90, number, 365, 14, LONGEST_KEPT)
    reports_days: int = setting("Days for which partners' reports are stored.", 90, number, 365, 1, LONGEST_KEPT)
    tolerated_share: float = setting(
        "The share of bad rows up to which the other rows are imported. 0 imports all rows or none.",
        0.05,
        number,
        TOLERATED_SHARE,
        0,
        1,
    )
    # A large list is validated in ranges, and one call joins their results within 15 minutes, Lambda's maximum. A list
    # in a format without ranges is validated by one call: at most 200 MB, unpacked (`ONE_PASS_BYTES`).
    max_list_mb: int = setting(
        "The largest accepted list, in MB. A list in UTF-16, or compressed with gzip, has at most 200 MB unpacked.",
        50,
        number,
        MAX_LIST_MB,
        1,
        2048,
    )
    # One call imports a part within 4 minutes. The list's item stores the number of each part, so a list that could
    # have over 10,000 parts has larger parts (`rows_a_part`): up to 108,756 rows at 2,048 MB. So has a list whose parts
    # would write its record more often than a key accepts.
    part_rows: int = setting(
        "Rows of a part. A list that could have very many parts has larger parts.", 2500, number, 5000, 250, 50_000
    )
    # A child of the import writes some 1,000 rows a second, with a write unit for the item and one for its index entry.
    # A table that has had this load accepts 40,000 units (AWS's default quota): 20 children. A new on-demand table
    # accepts 4,000: its first large list throttles, and so do commands. Children and commands retry.
    import_concurrency: int = setting(
        "Parts and ranges of a list that are processed at the same time. Each part writes some 1,000 rows a second. "
        "Lower it for a new table with traffic, or warm the table up.",
        4,
        number,
        20,
        1,
        100,
    )
    # A rule that calls another system sends one call at a time for each part that is verified.
    verification_concurrency: int | None = setting(
        "Parts of a list that are verified at the same time. Without the setting, as many as `import_concurrency`. "
        "Lower it for a rule that calls another system.",
        5,
        optional_number,
        1,
        100,
    )
    expect_list_hours: int | None = setting(
        "Hours without a list until an alarm. Without the setting, there is no alarm.",
        26,
        optional_number,
        1,
        LONGEST_WAIT,
    )


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
        if self.context.has_lists or key not in OF_LISTS:
            return value
        if value is not None and (key, value) != ("sftp", "none"):
            raise SettingError(key, "is a setting of lists, and the context has none: remove it.")
        return "none" if key == "sftp" else value
