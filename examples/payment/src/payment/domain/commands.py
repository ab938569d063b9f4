"""What callers may ask of one payment. A command is an order and may be refused."""

from pydantic import BaseModel, ConfigDict, Field

from .fields import Identifier
from .model import PaymentDetails


class RegisterPayment(PaymentDetails):
    """Create the payment with these details."""


class Change(BaseModel):
    """A command on what exists; ``expected_version`` refuses it if somebody changed that meanwhile."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    payment_id: Identifier
    expected_version: int | None = Field(default=None, ge=1)

    @property
    def id(self) -> str:
        """The identity of the aggregate it is for."""
        return self.payment_id


class VerifyPayment(Change):
    """Move the payment to VERIFIED."""


class DeletePayment(Change):
    """Remove the payment."""
