"""CompensateError: undoes what a list wrote, reports why, and says what the workflow should publish."""

from datetime import UTC, datetime
from typing import Any

from .. import bootstrap
from ..application import list_import
from ..domain import events
from ..domain.lists import ReceivedList
from ..telemetry import count, entry_point, logger
from ._smoke import answers_smoke_checks
from ._steps import StepEvent


@entry_point
@answers_smoke_checks(
    bootstrap.lists,
    bootstrap.files,
    bootstrap.imported_<<cookiecutter.__package>>s,
)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"list_id", "error"?}``; answer ``{"list_id", "outcome", "event"}``, the event to publish."""
    logger.info("compensating", list_id=event.get("list_id"), error=event.get("error"))
    closed = compensate(StepEvent.model_validate(event))
    return {"list_id": closed.list_id, "outcome": closed.status.value, "event": rejection(closed)}


def compensate(event: StepEvent) -> ReceivedList:
    """Run the step."""
    count("ListsRejected")
    <<cookiecutter.__package>>s = bootstrap.imported_<<cookiecutter.__package>>s()
    return list_import.compensate_error(event.list_id, bootstrap.lists(), bootstrap.files(), <<cookiecutter.__package>>s)


def rejection(closed: ReceivedList) -> dict[str, Any]:
    """Return the event that tells other contexts; its id is the same however often the step is tried."""
    file = closed.file
    data = {
        "list_id": closed.list_id,
        "partner": file.partner,
        "file": file.key,
        "report": file.report_key,
        "outcome": closed.status.value,
        "reason": closed.reason,
    }
    event_id = f"{closed.list_id}-rejected"
    return events.cloud_event(event_id, events.LIST_REJECTED, closed.list_id, datetime.now(UTC), data)
