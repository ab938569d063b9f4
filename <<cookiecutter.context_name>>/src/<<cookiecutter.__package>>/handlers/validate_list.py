"""ValidateList: the list workflow's step after the registration."""

from bounded_context.handlers import StepEvent, ValidationSettings, step
from bounded_context.lists import Step

from ..bootstrap import list_import
from ..context import <<cookiecutter.__constant>>


@step(<<cookiecutter.__constant>>, list_import, settings=ValidationSettings)
def lambda_handler(event: StepEvent, settings: ValidationSettings) -> Step:
    """Sort a file's rows into parts to import and a report of what is wrong."""
    return list_import().validate(event.list_id, settings.tolerated_share, settings.part_rows)
