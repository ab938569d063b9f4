"""What this context answered when it was generated, as data: infrastructure code holds these names nowhere else."""

from typing import Literal

CONTEXT = "payment"
AGGREGATE = "Payment"
DISPLAY_NAME = "Payment"
OWNER = "payments-team"

SOURCE: Literal["codeconnections", "codecommit"] = "codeconnections"

COMMANDS = ("register_payment", "verify_payment", "delete_payment")
QUERIES = ("get_payment", "list_payments")
ROUTES: dict[str, str] = {
    "register_payment": "POST /payments",
    "verify_payment": "POST /payments/{payment_id}/verify",
    "delete_payment": "DELETE /payments/{payment_id}",
    "get_payment": "GET /payments/{payment_id}",
    "list_payments": "GET /payments",
}
VERIFICATION = "verify_subscription"
REFERENCES = ("subscription",)

STEPS = ("register_list", "validate_list", VERIFICATION, "import_list", "compensate_error")
FUNCTIONS = (*COMMANDS, *QUERIES, *STEPS, "relay_events", "measure_lists", "watch_lists", "on_event")

EVENTS = ("PaymentRegistered", "PaymentVerified", "PaymentDeleted", "PaymentListImported", "PaymentListRejected")
LIST_EVENTS = ("PaymentListImported", "PaymentListRejected")
SUBSCRIBERS = ("bi", "frontend")

AMOUNTS = ("amount",)
CURRENCIES = ("CHF", "EUR", "GBP", "USD", "OTHER")
REJECTIONS = ("cells", "value", "repeated", "unknown", "exists")
REFUSALS = (
    "invalid",
    "already-exists",
    "not-found",
    "version-conflict",
    "illegal-move",
    "idempotency-key-reused",
    "in-progress",
)
POISON = ("not-json", "no-cloud-event", "unknown-source", "no-subject", "no-order")
