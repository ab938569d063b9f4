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

from <<cookiecutter.__package>>.context import <<cookiecutter.__constant>>

FUNCTIONS: dict[str, Preset] = {
    **dict.fromkeys(<<cookiecutter.__constant>>.command_functions, COMMAND),
    <<cookiecutter.__constant>>.get_function: GET,
    <<cookiecutter.__constant>>.list_function: LIST,
    "register_list": REGISTER_LIST,
    "validate_list": VALIDATE_LIST,
    <<cookiecutter.__constant>>.verification: VERIFY_LIST,
    "import_list": IMPORT_LIST,
    "compensate_error": COMPENSATE_ERROR,
    "on_event": ON_EVENT,
}
