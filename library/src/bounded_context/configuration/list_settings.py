"""The settings of lists, which a context without lists does not have."""

from dataclasses import dataclass
from typing import Final

from .config import SettingError, Source

OF_LISTS: Final = frozenset(
    {
        *("sftp", "sftp_server_id", "sftp_vpc", "sftp_security_policy", "sftp_host_name", "sftp_host_zone"),
        *("sftp_host_key", "partners", "upload_event_source", "temporary_names", "malware", "incoming_days"),
        *("reports_days", "tolerated_share", "max_list_mb", "part_rows", "import_concurrency", "expect_list_hours"),
    }
)
"""The settings that only a context with lists reads."""


@dataclass(frozen=True)
class WithoutLists:
    """The source of the settings of a context without lists: a setting of lists is a fault, except ``sftp: none``."""

    source: Source

    def get(self, key: str, /) -> str | None:
        """Return the value of a setting. Raises SettingError for a setting of lists."""
        value = self.source.get(key)
        if key in OF_LISTS and value is not None and (key, value) != ("sftp", "none"):
            raise SettingError(key, "is a setting of lists, and the context has none: remove it.")
        return "none" if key == "sftp" else value
