"""The settings of each function, from its environment. A missing or bad variable fails the first call with its name."""

from fractions import Fraction
from typing import Literal

from pydantic import Field, Json

from .declaration.entry_points import Settings, TableSettings
from .declaration.entry_points import load as load
from .domain.events import Consumed
from .domain.formats import FileFormat


class ListSettings(TableSettings):
    """The settings of a step of the list workflow."""

    inbox_bucket: str = Field(min_length=1)


class TemporarySettings(ListSettings):
    """Settings with ``temporary_names``: the endings of unfinished files, as JSON."""

    temporary_names: Json[tuple[str, ...]]


class RegisterListSettings(TemporarySettings):
    """Settings with ``max_list_bytes``, the maximum size of a file."""

    max_list_bytes: int = Field(gt=0)


class GateSettings(Settings):
    """Settings with ``malware``: with "guardduty", a list starts only after a malware scan of its file."""

    malware: Literal["none", "guardduty"] = "none"


class VerificationSettings(ListSettings):
    """Settings with ``tolerated_share``, the share of bad rows, 0 to 1, over which a list is rejected as a whole."""

    tolerated_share: Fraction = Field(ge=Fraction(0), le=Fraction(1))


class ValidationSettings(VerificationSettings):
    """Settings with ``part_rows``, the number of rows of a part, which one child of the import writes.

    ``formats`` has the formats of partners whose files are not plain, as JSON. ``max_list_bytes`` is the maximum size
    of an unpacked file.
    """

    part_rows: int = Field(gt=0)
    max_list_bytes: int = Field(gt=0)
    formats: Json[dict[str, FileFormat]]


class ExportSettings(ListSettings):
    """Settings with ``formats``, the formats of partners whose files are not plain, as JSON.

    ``deliveries`` has the connector and the directory of each partner with an own server, as JSON.
    """

    formats: Json[dict[str, FileFormat]]
    deliveries: Json[dict[str, tuple[str, str]]] = Field(default_factory=dict)


class RelaySettings(Settings):
    """The settings of the outbox relay."""

    topic_arn: str = Field(min_length=1)


class MeasureListsSettings(Settings):
    """Settings with ``import_target_seconds``, the stack's objective for a list's time from upload to completion."""

    import_target_seconds: int = Field(gt=0)


class SweepUploadsSettings(TemporarySettings):
    """The settings of the sweep, which searches the inbox for uploads without a recorded list."""


class WatchMappingsSettings(Settings):
    """Settings with ``function_prefix``, the prefix of the names of the functions whose mappings are watched."""

    function_prefix: str = Field(min_length=1)


class WatchListsSettings(WatchMappingsSettings):
    """The settings of the watch over unfinished lists and mappings."""

    state_machine_arn: str = Field(min_length=1)


class OnEventSettings(TableSettings):
    """Settings with ``consumes``, the consumed events of each context as JSON, and the queue for poison messages."""

    consumes: Json[dict[str, Consumed]]
    dead_letter_url: str = Field(min_length=1)


class ReactionSettings(OnEventSettings):
    """Settings with ``inbound_url``, the queue of the events, to which events that need more time return."""

    inbound_url: str = Field(min_length=1)


class TrafficHookSettings(Settings):
    """The settings of the traffic hooks. ``function_prefix`` is the prefix of the names of this stack's functions."""

    function_prefix: str = Field(min_length=1)
