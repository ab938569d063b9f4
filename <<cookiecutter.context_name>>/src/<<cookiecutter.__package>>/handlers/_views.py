"""What callers see of the context, as models: the OpenAPI document describes answers by them."""

from pydantic import BaseModel, ConfigDict, Field

from ..domain.model import <<cookiecutter.context_name>>Details, Status


class View(<<cookiecutter.context_name>>Details):
    """The <<cookiecutter.__words>> as it stands."""

    # What is added one day must not break those who read it.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    status: Status
    version: int = Field(ge=1, description="Counts its changes from 1.")
    list_id: str | None = Field(description="The list that brought it, if one did.")


class Listing(BaseModel):
    """A page. It may have fewer items than were asked for, even none; on the last one ``next_cursor`` is null."""

    model_config = ConfigDict(hide_input_in_errors=True)

    items: list[View]
    next_cursor: str | None = Field(description="What to pass as cursor for the next page.")


class Flaw(BaseModel):
    """One value that is not as it should be."""

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
    errors: list[Flaw] = Field(default=[], description="Each value that is not as it should be.")
