"""The steps of the list workflow, in their order. Each is a Lambda function, which may run again after a failure."""

from bounded_context import aws
from bounded_context.handlers import (
    ErrorEvent,
    PartEvent,
    RegisterEvent,
    RegisterListSettings,
    StepEvent,
    ValidationSettings,
    VerificationSettings,
    step,
)
from bounded_context.lists import ListImport, ReceivedList, RowsCheck, Step

from .context import <<cookiecutter.__constant>>


@step(<<cookiecutter.__constant>>, RegisterEvent, RegisterListSettings)
def register_list(event: RegisterEvent, settings: RegisterListSettings, steps: ListImport) -> Step:
    """Record an uploaded file, pinned to its object version, as a list."""
    uploaded, largest = event.uploaded(), settings.max_list_bytes
    return steps.register(uploaded, event.execution, largest, settings.temporary_names)


@step(<<cookiecutter.__constant>>, StepEvent, ValidationSettings)
def validate_list(event: StepEvent, settings: ValidationSettings, steps: ListImport) -> Step:
    """Split a file's valid rows into parts, and write the rejected rows into the report."""
    return steps.validate(event.list_id, settings.tolerated_share, settings.part_rows)


def checks() -> list[RowsCheck]:
    """Return the checks of rows: <% if cookiecutter.verification != "none" %>a known <<cookiecutter.__reference_words>>, <% endif %>a new identity, and the business rule."""
    return [
<% if cookiecutter.verification != "none" %>
        aws.known(<<cookiecutter.__constant>>, "<<cookiecutter.__reference_snake>>_id"),
<% endif %>
        aws.not_taken(<<cookiecutter.__constant>>),
        aws.obeys(<<cookiecutter.__constant>>),
    ]


@step(<<cookiecutter.__constant>>, StepEvent, VerificationSettings, needs=(checks,))
<% filter fitted %>
def <<cookiecutter.__verification>>(event: StepEvent, settings: VerificationSettings, steps: ListImport) -> Step:
<% endfilter %>
    """Check a list's rows; the remaining rows can be imported."""
    return steps.verify(event.list_id, settings.tolerated_share, checks())


@step(<<cookiecutter.__constant>>, PartEvent)
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part of a list. Parts are imported in parallel."""
    return steps.import_part(event.list_id, event.part)


@step(<<cookiecutter.__constant>>, ErrorEvent)
def compensate_error(event: ErrorEvent, steps: ListImport) -> Step | ReceivedList:
    """Undo a part; without a part, undo the rest of the list and report the reason. Other lists' rows remain."""
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id, event.name)
