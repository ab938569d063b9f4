"""VerifySubscription: the list workflow's step between validation and import."""

from bounded_context import aws
from bounded_context.handlers import StepEvent, VerificationSettings, step
from bounded_context.lists import RowsCheck, Step

from ..bootstrap import list_import
from ..context import PAYMENT


def checks() -> list[RowsCheck]:
    """Return what each row must pass: its subscription is known here, its identity new."""
    return [
        aws.known(PAYMENT, "subscription_id"),
        aws.not_taken(PAYMENT),
    ]


@step(PAYMENT, list_import, checks, settings=VerificationSettings)
def lambda_handler(event: StepEvent, settings: VerificationSettings) -> Step:
    """Put a list's rows to the checks; what is left is ready to import."""
    return list_import().verify(event.list_id, settings.tolerated_share, checks())
