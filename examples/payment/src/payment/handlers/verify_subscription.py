"""VerifySubscription: the list workflow's step between validation and import."""

from bounded_context import aws
from bounded_context.handlers import StepEvent, VerificationSettings, step
from bounded_context.lists import RowsCheck, Step

from ..bootstrap import list_import
from ..commands import RegisterPayment
from ..context import PAYMENT
from ..use_cases import register_payment


def checks() -> list[RowsCheck]:
    """Return the checks: the subscription is known, the identity new, the rule obeyed."""
    return [
        aws.known(PAYMENT, "subscription_id"),
        aws.not_taken(PAYMENT),
        aws.obeys(PAYMENT, RegisterPayment, register_payment),
    ]


@step(PAYMENT, list_import, checks, settings=VerificationSettings)
def lambda_handler(event: StepEvent, settings: VerificationSettings) -> Step:
    """Put a list's rows to the checks; what is left is ready to import."""
    return list_import().verify(event.list_id, settings.tolerated_share, checks())
