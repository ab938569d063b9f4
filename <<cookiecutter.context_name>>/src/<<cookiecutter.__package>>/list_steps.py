"""The steps of the list workflow, in their order. Each is a Lambda function, which may run again after a failure."""

from bounded_context import aws
from bounded_context.handlers import (
    ErrorEvent,
    PartEvent,
    RegisterEvent,
    RegisterListSettings,
    ValidationEvent,
    ValidationSettings,
    VerificationEvent,
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


@step(<<cookiecutter.__constant>>, ValidationEvent, ValidationSettings)
def validate_list(event: ValidationEvent, settings: ValidationSettings, steps: ListImport) -> Step:
    """Split a file's valid rows into parts, and report the rejected rows. Ranges of a large file run in parallel."""
    if event.range:
        return steps.validate_range(event.list_id, event.range, settings.part_rows)
    return steps.validate(event.list_id, settings.tolerated_share, settings.part_rows, event.outcome)


def checks() -> list[RowsCheck]:
    """Return the checks of rows: <% if cookiecutter.verification != "none" %>a known <<cookiecutter.__reference_words>>, <% endif %>a new identity, and the business rule."""
    return [
<% if cookiecutter.verification != "none" %>
        aws.known(<<cookiecutter.__constant>>, "<<cookiecutter.__reference_snake>>_id"),
<% endif %>
        aws.not_taken(<<cookiecutter.__constant>>),
        aws.obeys(<<cookiecutter.__constant>>),
    ]


@step(<<cookiecutter.__constant>>, VerificationEvent, VerificationSettings, needs=(checks,))
<% filter fitted %>
def <<cookiecutter.__verification>>(event: VerificationEvent, settings: VerificationSettings, steps: ListImport) -> Step:
<% endfilter %>
    """Check the rows of a part. Parts are checked in parallel. Without a part, decide whether the list is imported."""
    if event.part:
        return steps.verify_part(event.list_id, event.part, checks())
    return steps.verify(event.list_id, settings.tolerated_share, checks(), event.outcome)


@step(<<cookiecutter.__constant>>, PartEvent)
def import_list(event: PartEvent, steps: ListImport) -> Step:
    """Import a part of a list. Parts are imported in parallel."""
    return steps.import_part(event.list_id, event.part)


@step(<<cookiecutter.__constant>>, ErrorEvent)
def compensate_error(event: ErrorEvent, steps: ListImport) -> Step | ReceivedList:
    """Undo a part; without a part, undo the rest of the list and report the reason. Other lists' rows remain."""
    return steps.undo_part(event.list_id, event.part) if event.part else steps.compensate(event.list_id, event.name)
