"""RegisterList: the first step of the list workflow."""

from bounded_context.handlers import RegisterEvent, RegisterListSettings, step
from bounded_context.lists import Step

from ..bootstrap import list_import
from ..context import <<cookiecutter.__constant>>


@step(<<cookiecutter.__constant>>, list_import, settings=RegisterListSettings)
def lambda_handler(event: RegisterEvent, settings: RegisterListSettings) -> Step:
    """Pin an uploaded file and record it as a list."""
    uploaded, largest = event.uploaded(), settings.max_list_bytes
    return list_import().register(uploaded, event.execution, largest, settings.temporary_names)
