"""What each function reads from its environment. A missing or bad variable fails the first call and names itself."""

import os
from fractions import Fraction
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, Json

from .application.inbound import Consumed

S = TypeVar("S", bound=BaseModel)


class _Settings(BaseModel):
    """Errors show no values: the environment that is read holds the role's credentials as well."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class TableSettings(_Settings):
    """For a function that works on the table alone."""

    table_name: str = Field(min_length=1)


class ListSettings(TableSettings):
    """For a step of the list workflow."""

    inbox_bucket: str = Field(min_length=1)


class RegisterListSettings(ListSettings):
    """``max_list_bytes`` is the largest file taken."""

    max_list_bytes: int = Field(gt=0)


class VerificationSettings(ListSettings):
    """``tolerated_share`` is the share of bad rows, 0 to 1, over which a list is rejected as a whole."""

    tolerated_share: Fraction = Field(ge=0, le=1)


class ValidationSettings(VerificationSettings):
    """``part_rows`` is how many rows a part holds: what one child of the import writes."""

    part_rows: int = Field(gt=0)


class RelaySettings(_Settings):
    """For the outbox relay."""

    topic_arn: str = Field(min_length=1)


class MeasureListsSettings(_Settings):
    """``import_target_seconds`` is how long a list may take from its upload to its end: the stack's objective."""

    import_target_seconds: int = Field(gt=0)


class WatchListsSettings(_Settings):
    """For the watch over lists that are under way."""

    state_machine_arn: str = Field(min_length=1)


class OnEventSettings(TableSettings):
    """``consumes`` is what is heard of each context, as JSON; ``dead_letter_url`` is the queue for poison messages."""

    consumes: Json[dict[str, Consumed]]
    dead_letter_url: str = Field(min_length=1)


class TrafficHookSettings(_Settings):
    """For the traffic hooks. ``function_prefix`` is what the names of this stack's functions start with."""

    function_prefix: str = Field(min_length=1)


BY_FUNCTION: dict[str, type[BaseModel]] = {
<% for command in cookiecutter.commands | commands %>
    "<<command.snake>>": TableSettings,
<% endfor %>
    "register_list": RegisterListSettings,
    "validate_list": ValidationSettings,
    "<<cookiecutter.__verification>>": VerificationSettings,
    "import_list": ListSettings,
    "compensate_error": ListSettings,
    "relay_events": RelaySettings,
    "measure_lists": MeasureListsSettings,
    "watch_lists": WatchListsSettings,
    "on_event": OnEventSettings,
    "pre_traffic": TrafficHookSettings,
    "post_traffic": TrafficHookSettings,
}


def load(kind: type[S]) -> S:
    """Read one function's settings from the environment.

    Raises:
        pydantic.ValidationError: a variable is missing or its value is not what it should be.
    """
    return kind.model_validate({name.lower(): value for name, value in os.environ.items()})
