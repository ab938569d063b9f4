"""What each function reads from its environment. A missing or bad variable fails the first call and names itself."""

import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Json

from .context import Context
from .domain.consumed import Consumed

S = TypeVar("S", bound=BaseModel)


class Settings(BaseModel):
    """What a function reads: the field ``table_name`` is the variable ``TABLE_NAME``.

    Errors show no values: the environment that is read holds the role's credentials as well.
    """

    # A function builds the one that it reads.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class TableSettings(Settings):
    """For a function that works on the table alone."""

    table_name: str = Field(min_length=1)


class ListSettings(TableSettings):
    """For a step of the list workflow."""

    inbox_bucket: str = Field(min_length=1)


class TemporarySettings(ListSettings):
    """``temporary_names`` are the endings, as JSON, of files that are still being written."""

    temporary_names: Json[tuple[str, ...]]


class RegisterListSettings(TemporarySettings):
    """``max_list_bytes`` is the largest file taken."""

    max_list_bytes: int = Field(gt=0)


class VerificationSettings(ListSettings):
    """``tolerated_share`` is the share of bad rows, 0 to 1, over which a list is rejected as a whole."""

    tolerated_share: Fraction = Field(ge=0, le=1)


class ValidationSettings(VerificationSettings):
    """``part_rows`` is how many rows a part holds: what one child of the import writes."""

    part_rows: int = Field(gt=0)


class RelaySettings(Settings):
    """For the outbox relay."""

    topic_arn: str = Field(min_length=1)


class MeasureListsSettings(Settings):
    """``import_target_seconds`` is how long a list may take from its upload to its end: the stack's objective."""

    import_target_seconds: int = Field(gt=0)


class SweepUploadsSettings(TemporarySettings):
    """For the sweep of the inbox for uploads of which no list was recorded."""


class WatchListsSettings(Settings):
    """For the watch over lists that are under way. ``function_prefix`` is the beginning of the functions' names."""

    state_machine_arn: str = Field(min_length=1)
    function_prefix: str = Field(min_length=1)


class OnEventSettings(TableSettings):
    """``consumes`` is what is heard of each context, as JSON; ``dead_letter_url`` is the queue for poison messages."""

    consumes: Json[dict[str, Consumed]]
    dead_letter_url: str = Field(min_length=1)


class TrafficHookSettings(Settings):
    """For the traffic hooks. ``function_prefix`` is what the names of this stack's functions start with."""

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
    """Return what each function of a context reads, the hooks of releases among them."""
    commands_and_queries = dict.fromkeys((*context.command_functions, *context.queries), TableSettings)
    return {**commands_and_queries, **_STEPS, context.verification: VerificationSettings, **_PLATFORM}


def load(kind: type[S], context: Context[Any] | None = None) -> S:
    """Read one function's settings from the environment; ``context`` checks what must not be its own.

    Raises:
        pydantic.ValidationError: a variable is missing or its value is not what it should be.
    """
    return kind.model_validate({name.lower(): value for name, value in os.environ.items()}, context=context)
