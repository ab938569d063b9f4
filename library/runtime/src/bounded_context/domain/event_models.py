"""The models of event data: the contract with other contexts. The schemas are generated from them.

The relay builds events without the models, since it builds hundreds in a call. Tests validate the built events against
the schemas. A field that is added later has a default, as in ``note: Text | None = None``, for events without it that
are still in transit.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, create_model

from .events import EventData

Count = Annotated[int, Field(ge=0)]


class ListImportedData(EventData):
    """A list of which all good rows are in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    rows: Count = Field(description="all of its rows")
    imported: Count = Field(description="rows that were good")
    rejected: Count = Field(description="rows that were not")


class ListRejectedData(EventData):
    """A list of which nothing is in the table."""

    list_id: str
    partner: str = Field(description="who sent it")
    file: str = Field(description="the object's key in the inbox")
    report: str = Field(description="the key of the report that tells the partner why")
    outcome: Literal["REJECTED", "FAILED"] = Field(description="FAILED: for a technical reason")
    reason: str = Field(description="why, in one sentence")


class CloudEvent(EventData):
    """The envelope: CloudEvents 1.0 in its JSON format. Pass over members that you do not know."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="the same however often the event is delivered")
    source: str = Field(description="names the event, together with its id")
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
    erasure: str = Field(
        default="",
        description="when the subject's personal data was erased: erase your copies too; absent without an erasure",
    )
    data: dict[str, Any]


def envelope_of(source: str) -> type[CloudEvent]:
    """Return the envelope of the events of one source, which is its only valid ``source``."""
    named: Any = (Literal[source], CloudEvent.model_fields["source"])  # pyrefly: ignore[not-a-type] (a type made at runtime)
    return create_model("CloudEvent", __base__=CloudEvent, __doc__=CloudEvent.__doc__, source=named)
