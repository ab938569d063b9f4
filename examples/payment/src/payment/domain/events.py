"""What happened, in the past tense: the only thing other contexts hear of this one."""

from datetime import datetime
from typing import Any, Final

from .event_versions import VERSIONS
from .model import Payment, Status

SOURCE: Final = "payment"
LIST_IMPORTED: Final = "PaymentListImported"
LIST_REJECTED: Final = "PaymentListRejected"
DELETED: Final = "PaymentDeleted"
FIRST: Final = Status.REGISTERED
REACHED: Final = {
    Status.REGISTERED: "PaymentRegistered",
    Status.VERIFIED: "PaymentVerified",
}


def schema_of(event_type: str, version: str) -> str:
    """Return the name of a version of a type's schema: the ``$id`` of a file under ``events/``."""
    return f"urn:event-schema:{SOURCE}:{event_type}:{version}"


SCHEMAS: Final = {name: schema_of(name, version) for name, version in VERSIONS.items()}
"""The schema of each type's events."""

_SEQUENCE_DIGITS = 40
"""The longest sequence number of a stream (DynamoDB Streams API reference, StreamRecord)."""


def sequence(number: str) -> str:
    """Return a stream's number, at most 40 digits, so that of two the later one is the greater text."""
    return number.zfill(_SEQUENCE_DIGITS)


def cloud_event(
    event_id: str, event_type: str, subject: str, time: datetime, data: dict[str, Any], traceparent: str, **more: str
) -> dict[str, Any]:
    """Return the CloudEvents 1.0 envelope in its JSON form, as a dictionary.

    ``traceparent`` is the place in a trace where it was caused (CloudEvents' extension "Distributed Tracing");
    ``more`` are further members, such as ``sequence`` (the extension "Sequence").
    """
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": event_type,
        "subject": subject,
        "time": time.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": SCHEMAS[event_type],
        "traceparent": traceparent,
        **more,
        "data": data,
    }


def payload(payment: Payment) -> dict[str, Any]:
    """Return what an event says of the payment: details as JSON values, status, version and list."""
    details = payment.details.model_dump(mode="json")
    standing = {"status": payment.status, "version": payment.version}
    return details | standing | {"list_id": payment.list_id}
