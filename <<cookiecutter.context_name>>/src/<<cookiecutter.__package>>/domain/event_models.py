"""What events say, as models: the contract with other contexts. The schemas under ``events/`` are made from them.

Events are built without them, since the relay makes hundreds a call; tests hold what is built to the schemas. A field
that comes later has a default, as in ``note: Text | None = None``: events without it are still on their way.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from . import events
from .fields import <<cookiecutter.fields | fields | types | join(", ")>>
from .model import Status

Count = Annotated[int, Field(ge=0)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class <<cookiecutter.context_name>>Data(_Said):
    """The <<cookiecutter.__words>> after the change; one that was removed, as it was before."""

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.annotation>>
<% endfor %>
    status: str = Field(description="where it stands; there may be others one day", examples=list(Status))
    version: int = Field(ge=1, description="counts its changes from 1")
    list_id: str | None = Field(description="the list that brought it; null if it came alone")


class ListImportedData(_Said):
    """A list of which all good rows are in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    rows: Count = Field(description="all of its rows")
    imported: Count = Field(description="rows that were good")
    rejected: Count = Field(description="rows that were not")


class ListRejectedData(_Said):
    """A list of which nothing is in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    report: str = Field(description="the key of the report that tells the partner why")
    outcome: Literal["REJECTED", "FAILED"] = Field(description="FAILED: for a technical reason")
    reason: str = Field(description="why, in one sentence")


class CloudEvent(_Said):
    """The envelope: CloudEvents 1.0 in its JSON format. Pass over members that you do not know."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="the same however often the event is delivered")
    source: Literal["<<cookiecutter.__package>>"] = Field(description="names the event, together with its id")
    type: str = Field(description="what happened")
    subject: str = Field(description="to whom: the identity of what changed")
    time: AwareDatetime = Field(description="when it was committed")
    datacontenttype: Literal["application/json"]
    dataschema: str = Field(description="the schema of the data, which ends with its version")
    traceparent: str = Field(description="its place in a trace (CloudEvents' extension Distributed Tracing)")
    sequence: str = Field(
        default="",
        pattern=r"^[0-9]{40}$",
        description="of two events of one subject the later has the greater (extension Sequence); lists have none",
    )
    data: dict[str, Any]


MODELS: Final[Mapping[str, type[BaseModel]]] = {
    **dict.fromkeys((*events.REACHED.values(), events.DELETED), <<cookiecutter.context_name>>Data),
    events.LIST_IMPORTED: ListImportedData,
    events.LIST_REJECTED: ListRejectedData,
}
"""What an event of each type says."""
