"""CompensateError: the list workflow's step after a refusal or a failure; once a part, and once to close the list."""

from bounded_context.handlers import ErrorEvent, ListSettings, step
from bounded_context.lists import ReceivedList, Step

from ..bootstrap import list_import
from ..context import <<cookiecutter.__constant>>


@step(<<cookiecutter.__constant>>, list_import, settings=ListSettings)
def lambda_handler(event: ErrorEvent, _settings: ListSettings) -> Step | ReceivedList:
    """Undo a part, or what is left of a list, and report why; only what the list wrote is undone."""
    steps = list_import()
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id)
