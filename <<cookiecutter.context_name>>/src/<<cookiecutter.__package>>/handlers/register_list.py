"""RegisterList: pins an uploaded file and records it as a list."""

from typing import Any

from .. import bootstrap
from ..application import list_import
from ..settings import RegisterListSettings, load
from ..telemetry import about, entry_point, logger
from ._smoke import answers_smoke_checks
from ._steps import RegisterEvent, answer


@entry_point
@answers_smoke_checks(bootstrap.lists, bootstrap.files)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Take ``{"upload": {...}, "execution": arn}``; answer ``{"list_id", "outcome"}``."""
    return answer(register(RegisterEvent.model_validate(event)))


def register(event: RegisterEvent) -> list_import.Step:
    """Run the step."""
    limit = load(RegisterListSettings).max_list_bytes
    step = list_import.register_list(event.uploaded(), event.execution, limit, bootstrap.lists(), bootstrap.files())
    about(list_id=step.list_id)
    logger.info("list registered", outcome=step.outcome.value)
    return step
