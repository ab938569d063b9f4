"""What happened, in the past tense: the only thing other contexts hear of this one."""

from datetime import datetime
from typing import Any, Final

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


def cloud_event(
    event_id: str, event_type: str, subject: str, time: datetime, data: dict[str, Any], traceparent: str
) -> dict[str, Any]:
    """Return the CloudEvents 1.0 envelope in its JSON form, as a dictionary.

    ``traceparent`` is the place in a trace where it was caused (CloudEvents' extension "Distributed Tracing").
    """
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": event_type,
        "subject": subject,
        "time": time.isoformat(),
        "datacontenttype": "application/json",
        "traceparent": traceparent,
        "data": data,
    }


def payload(payment: Payment) -> dict[str, Any]:
    """Return what an event says of the payment: details as JSON values, status, version and list."""
    details = payment.details.model_dump(mode="json")
    standing = {"status": payment.status, "version": payment.version}
    return details | standing | {"list_id": payment.list_id}
