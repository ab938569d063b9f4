"""CompensateError: undoes what a list wrote, reports why, and says what the workflow should publish."""

from datetime import UTC, datetime
from typing import Any

from .. import bootstrap
from ..application import list_import
from ..domain import events
from ..domain.lists import ReceivedList
from ..telemetry import about, entry_point, logger, span, traceparent
from ._smoke import answers_smoke_checks
from ._steps import StepEvent


@entry_point
@answers_smoke_checks(
    bootstrap.lists,
    bootstrap.files,
    bootstrap.imported_<<cookiecutter.__plural_snake>>,
)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take ``{"list_id", "error"?}``; answer ``{"list_id", "outcome", "event"}``, the event to publish."""
    step = StepEvent.model_validate(event)
    about(list_id=step.list_id)
    logger.info("compensating", error=_caught(event))
    closed = compensate(step)
    logger.info("list given up", outcome=closed.status.value)
    return {"list_id": closed.list_id, "outcome": closed.status.value, "event": rejection(closed)}


def compensate(event: StepEvent) -> ReceivedList:
    """Run the step."""
    <<cookiecutter.__plural_snake>> = bootstrap.imported_<<cookiecutter.__plural_snake>>()
    with span("undo rows"):
        return list_import.compensate_error(event.list_id, bootstrap.lists(), bootstrap.files(), <<cookiecutter.__plural_snake>>)


def _caught(event: dict[str, Any]) -> str | None:
    # What a step broke with, without its cause, which may quote anything; a list that was refused has none.
    error = event.get("error")
    return error.get("Error") if isinstance(error, dict) else None


def rejection(closed: ReceivedList) -> dict[str, Any]:
    """Return the event that tells other contexts; its id is the same however often the step is tried.

    It belongs where the list came in; a list recorded before that was noted has this step's place in a trace.
    """
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
    caused_by = closed.traceparent or traceparent()
    return events.cloud_event(event_id, events.LIST_REJECTED, closed.list_id, datetime.now(UTC), data, caused_by)
