"""The settings of each function, from its environment. A missing or bad variable fails the first call with its name."""

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Json

from .declaration.context import Context
from .domain.consumed import Consumed

S = TypeVar("S", bound=BaseModel)


class Settings(BaseModel):
    """The settings of a function: the field ``table_name`` is the variable ``TABLE_NAME``.

    Errors show no values: the environment contains the role's credentials as well.
    """

    # A function builds only the model that it loads.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class TableSettings(Settings):
    """The settings of a function that uses only the table."""

    table_name: str = Field(min_length=1)


class ListSettings(TableSettings):
    """The settings of a step of the list workflow."""

    inbox_bucket: str = Field(min_length=1)


class TemporarySettings(ListSettings):
    """Settings with ``temporary_names``: the endings of unfinished files, as JSON."""

    temporary_names: Json[tuple[str, ...]]


class RegisterListSettings(TemporarySettings):
    """Settings with ``max_list_bytes``, the maximum size of a file."""

    max_list_bytes: int = Field(gt=0)


class VerificationSettings(ListSettings):
    """Settings with ``tolerated_share``, the share of bad rows, 0 to 1, over which a list is rejected as a whole."""

    tolerated_share: Fraction = Field(ge=0, le=1)


class ValidationSettings(VerificationSettings):
    """Settings with ``part_rows``, the number of rows of a part, which one child of the import writes."""

    part_rows: int = Field(gt=0)


class RelaySettings(Settings):
    """The settings of the outbox relay."""

    topic_arn: str = Field(min_length=1)


class MeasureListsSettings(Settings):
    """Settings with ``import_target_seconds``, the stack's objective for a list's time from upload to completion."""

    import_target_seconds: int = Field(gt=0)


class SweepUploadsSettings(TemporarySettings):
    """The settings of the sweep, which searches the inbox for uploads without a recorded list."""


class WatchListsSettings(Settings):
    """The settings of the watch over unfinished lists. ``function_prefix`` is the prefix of the functions' names."""

    state_machine_arn: str = Field(min_length=1)
    function_prefix: str = Field(min_length=1)


class OnEventSettings(TableSettings):
    """Settings with ``consumes``, the consumed events of each context as JSON, and the queue for poison messages."""

    consumes: Json[dict[str, Consumed]]
    dead_letter_url: str = Field(min_length=1)


class TrafficHookSettings(Settings):
    """The settings of the traffic hooks. ``function_prefix`` is the prefix of the names of this stack's functions."""

    function_prefix: str = Field(min_length=1)


_STEPS: Final[Mapping[str, type[BaseModel]]] = {
    "register_list": RegisterListSettings,
    "validate_list": ValidationSettings,
    "import_list": ListSettings,
    "compensate_error": ListSettings,
}

_PLATFORM: Final[Mapping[str, type[BaseModel]]] = {
    "relay_events": RelaySettings,
    "measure_lists": MeasureListsSettings,
    "watch_lists": WatchListsSettings,
    "sweep_uploads": SweepUploadsSettings,
    "on_event": OnEventSettings,
    "pre_traffic": TrafficHookSettings,
    "post_traffic": TrafficHookSettings,
}


def by_function(context: Context[Any]) -> dict[str, type[BaseModel]]:
    """Return the settings model of each function of a context, including the release hooks."""
    commands_and_queries = dict.fromkeys((*context.command_functions, *context.queries), TableSettings)
    return {**commands_and_queries, **_STEPS, context.verification: VerificationSettings, **_PLATFORM}


def load(kind: type[S], context: Context[Any] | None = None) -> S:
    """Read a function's settings from the environment. ``context`` is the context whose own names they must not use.

    Raises:
        pydantic.ValidationError: a variable is missing or its value is invalid.
    """
    return kind.model_validate({name.lower(): value for name, value in os.environ.items()}, context=context)
