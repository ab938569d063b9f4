"""The verification of lists, a step of their workflow: a Lambda function, which may run again after a failure."""

from bounded_context import aws
from bounded_context.handlers import VerificationEvent, VerificationSettings, step
from bounded_context.lists import ListImport, RowsCheck, Step

from .context import PAYMENT


def checks() -> list[RowsCheck]:
    """Return the checks of rows: a known subscription, a new identity, and the business rule."""
    return [
        aws.known(PAYMENT, "subscription_id"),
        aws.not_taken(PAYMENT),
        aws.obeys(PAYMENT),
    ]


@step(PAYMENT, VerificationEvent, VerificationSettings, needs=(checks,))
def verify_subscription(event: VerificationEvent, settings: VerificationSettings, steps: ListImport) -> Step:
    """Check the rows of a part. Parts are checked in parallel. Without a part, decide whether the list is imported."""
    if event.part:
        return steps.verify_part(event.list_id, event.part, checks())
    return steps.verify(event.list_id, settings.tolerated_share, checks(), event.outcome)
