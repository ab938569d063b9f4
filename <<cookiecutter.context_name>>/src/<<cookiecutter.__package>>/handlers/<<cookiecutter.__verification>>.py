"""<<cookiecutter.__step>>: checks that what a list's rows refer to is known here, and that their identities are new."""

from typing import Any

from .. import bootstrap, bootstrap_references
from ..application.list_import import Step
from ..application.references import known_to
from ..application.verification import not_taken, verify_list
from ..settings import VerificationSettings, load
from ..telemetry import about, entry_point, logger
from ._smoke import answers_smoke_checks
from ._steps import StepEvent, answer


@entry_point
@answers_smoke_checks(
    bootstrap.lists,
    bootstrap.files,
    bootstrap_references.references,
    bootstrap.imported_<<cookiecutter.__plural_snake>>,
)
def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Take ``{"list_id"}``; answer ``{"list_id", "outcome"}``."""
    return answer(verify(StepEvent.model_validate(event)))


def verify(event: StepEvent) -> Step:
    """Run the step."""
    about(list_id=event.list_id)
    step = verify_list(
        event.list_id,
        load(VerificationSettings).tolerated_share,
        bootstrap.lists(),
        bootstrap.files(),
        [known_to(bootstrap_references.references()), not_taken(bootstrap.imported_<<cookiecutter.__plural_snake>>())],
    )
    logger.info("list verified", outcome=step.outcome.value)
    return step
