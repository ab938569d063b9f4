"""The settings model of each function."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from bounded_context.declaration.context import Context
from bounded_context.settings import (
    ListSettings,
    MeasureListsSettings,
    OnEventSettings,
    RegisterListSettings,
    RelaySettings,
    SweepUploadsSettings,
    TableSettings,
    TrafficHookSettings,
    ValidationSettings,
    VerificationSettings,
    WatchListsSettings,
)

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
    return {**commands_and_queries, **_STEPS, context.verification_step: VerificationSettings, **_PLATFORM}
