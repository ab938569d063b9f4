"""ImportList: writes one part of a list; the workflow runs it once a part, several at a time."""

from typing import Any

from .. import bootstrap
from ..application import list_import
from ..telemetry import about, entry_point, logger, span
from ._smoke import answers_smoke_checks
from ._steps import PartEvent, answer


@entry_point
@answers_smoke_checks(
    bootstrap.lists,
    bootstrap.files,
    bootstrap.imported_<<cookiecutter.__plural_snake>>,
)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Take ``{"list_id", "part": {"part", "key", "rows"}}``; answer ``{"list_id", "outcome"}``."""
    return answer(import_part(PartEvent.model_validate(event)))


def import_part(event: PartEvent) -> list_import.Step:
    """Run the step."""
    about(list_id=event.list_id, part=event.part.part)
    lists, files = bootstrap.lists(), bootstrap.files()
    <<cookiecutter.__plural_snake>> = bootstrap.imported_<<cookiecutter.__plural_snake>>()
    with span("write rows"):
        step = list_import.import_list(event.list_id, event.part, lists, files, <<cookiecutter.__plural_snake>>)
    logger.info("part imported", outcome=step.outcome.value)
    return step
