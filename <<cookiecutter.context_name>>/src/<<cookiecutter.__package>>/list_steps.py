"""The verification of lists, a step of their workflow: a Lambda function, which may run again after a failure."""

from bounded_context import aws
from bounded_context.handlers import VerificationEvent, VerificationSettings, step
from bounded_context.lists import ListImport, RowsCheck, Step

from .context import <<cookiecutter.__constant>>


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
