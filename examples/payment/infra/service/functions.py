"""The functions, each with its preset: memory, timeout and permissions."""

from bounded_context.infra import (
    COMMAND,
    COMPENSATE_ERROR,
    GET,
    IMPORT_LIST,
    LIST,
    ON_EVENT,
    REGISTER_LIST,
    VALIDATE_LIST,
    VERIFY_LIST,
    Preset,
)

from payment.context import PAYMENT

FUNCTIONS: dict[str, Preset] = {
    **dict.fromkeys(PAYMENT.command_functions, COMMAND),
    PAYMENT.get_function: GET,
    PAYMENT.list_function: LIST,
    "register_list": REGISTER_LIST,
    "validate_list": VALIDATE_LIST,
    PAYMENT.verification: VERIFY_LIST,
    "import_list": IMPORT_LIST,
    "compensate_error": COMPENSATE_ERROR,
    "on_event": ON_EVENT,
}
