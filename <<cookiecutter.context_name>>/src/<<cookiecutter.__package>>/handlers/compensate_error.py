"""CompensateError: the list workflow's step after a refusal or a failure."""

from bounded_context.handlers import ErrorEvent, ListSettings, step
from bounded_context.lists import ReceivedList

from ..bootstrap import list_import
from ..context import <<cookiecutter.__constant>>


@step(<<cookiecutter.__constant>>, list_import, settings=ListSettings)
def lambda_handler(event: ErrorEvent, _settings: ListSettings) -> ReceivedList:
    """Undo what a list wrote, and only that, and report why."""
    return list_import().compensate(event.list_id)
