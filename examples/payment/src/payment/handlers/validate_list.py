"""ValidateList: sorts a file's rows into parts to import and a report of what is wrong."""

from typing import Any

from .. import bootstrap
from ..application import list_import
from ..settings import ValidationSettings, load
from ..telemetry import about, entry_point, logger
from ._smoke import answers_smoke_checks
from ._steps import StepEvent, answer


@entry_point
@answers_smoke_checks(bootstrap.lists, bootstrap.files)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Take ``{"list_id"}``; answer ``{"list_id", "outcome"}``."""
    return answer(validate(StepEvent.model_validate(event)))


def validate(event: StepEvent) -> list_import.Step:
    """Run the step."""
    about(list_id=event.list_id)
    limits = load(ValidationSettings)
    step = list_import.validate_list(
        event.list_id,
        limits.tolerated_share,
        limits.part_rows,
        bootstrap.lists(),
        bootstrap.files(),
        bootstrap.seen_ids(),
    )
    logger.info("list validated", outcome=step.outcome.value)
    return step
