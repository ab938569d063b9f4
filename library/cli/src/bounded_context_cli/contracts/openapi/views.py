"""Models of the API's answers, for the OpenAPI document."""

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import plain


@cache
def view(context: Context[Any]) -> type[BaseModel]:
    """Return the model of an aggregate in an answer."""
    standing: Any = {
        "status": (context.statuses, ...),
        "version": (int, Field(ge=1, description="Counts its changes from 1.")),
        "list_id": (str | None, Field(description="The list that brought it, if one did.")),
    }

    # Fields that a later version adds must not break readers.
    class Shown(context.details):
        model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    return create_model("View", __base__=Shown, __doc__=f"The {plain(context.title)} as it stands.", **standing)


@cache
def listing(context: Context[Any]) -> type[BaseModel]:
    """Return the model of a page of aggregates."""
    item: Any = view(context)
    return create_model("Listing", __base__=_Listing, __doc__=_Listing.__doc__, items=(list[item], ...))


class _Listing(BaseModel):
    """A page. It may have fewer items than were asked for, even none; on the last one ``next_cursor`` is null."""

    model_config = ConfigDict(hide_input_in_errors=True)

    items: list[Any]
    next_cursor: str | None = Field(description="What to pass as cursor for the next page.")


class Flaw(BaseModel):
    """One invalid value."""

    model_config = ConfigDict(hide_input_in_errors=True)

    field: str
    detail: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    type: str = Field(description="The code as a URN.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="What programs can act on; it does not change.")
    correlation_id: str
    errors: list[Flaw] = Field(default=[], description="Each invalid value.")
