"""The steps of the list workflow, in their order, except for the verification, which is the context's own.

`context eject step NAME` writes a step into the ``list_steps.py`` of a repository, which then has its entry point.
"""

from collections.abc import Callable
from typing import Any, Final

from ..declaration.context import Context
from ..lists import ListImport, ReceivedList, Step
from ..settings import RegisterListSettings, ValidationSettings
from ..telemetry import Handler
from .steps import ErrorEvent, PartEvent, RegisterEvent, ValidationEvent, step

_MODELS: Final = dict[str, tuple[type[Any], ...]]()
"""The models of each step's event and settings."""


def _step(*models: type[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def registered(work: Callable[..., Any]) -> Callable[..., Any]:
        _MODELS[work.__name__] = models
        return work

    return registered


def handler(context: Context[Any], name: str) -> Handler:
    """Return a new handler of a step of the library."""
    return step(context, *_MODELS[name])(globals()[name])


@_step(RegisterEvent, RegisterListSettings)
def register_list(event: RegisterEvent, settings: RegisterListSettings, steps: ListImport) -> Step:
    """Record an uploaded file, pinned to its object version, as a list."""
    uploaded, largest = event.uploaded(), settings.max_list_bytes
    return steps.register(uploaded, event.execution, largest, settings.temporary_names)


@_step(ValidationEvent, ValidationSettings)
def validate_list(event: ValidationEvent, settings: ValidationSettings, steps: ListImport) -> Step:
    """Split a file's valid rows into parts, and report the rejected rows. Ranges of a large file run in parallel."""
    if event.range:
        return steps.validate_range(event.list_id, event.range, settings.part_rows)
    return steps.validate(event.list_id, settings.tolerated_share, settings.part_rows, event.outcome)


@_step(PartEvent)
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part of a list. Parts are imported in parallel."""
    return steps.import_part(event.list_id, event.part)


@_step(ErrorEvent)
def compensate_error(event: ErrorEvent, steps: ListImport) -> Step | ReceivedList:
    """Undo a part; without a part, undo the rest of the list and report the reason. Other lists' rows remain."""
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id, event.name)
