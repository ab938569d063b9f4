"""ImportList: the list workflow's step that writes; it runs once a part, several at a time."""

from bounded_context.handlers import ListSettings, PartEvent, step
from bounded_context.lists import Step

from ..bootstrap import list_import
from ..context import PAYMENT


@step(PAYMENT, list_import, settings=ListSettings)
def lambda_handler(event: PartEvent, _settings: ListSettings) -> Step:
    """Write one part of a list."""
    return list_import().import_part(event.list_id, event.part)
