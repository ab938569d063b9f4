"""What this context answered when it was generated, as data: infrastructure code holds these names nowhere else."""

from typing import Literal

CONTEXT = "<<cookiecutter.__package>>"
AGGREGATE = "<<cookiecutter.context_name>>"
DISPLAY_NAME = <<cookiecutter.display_name|quoted>>
OWNER = <<cookiecutter.owner|quoted>>

SOURCE: Literal["codeconnections", "codecommit"] = "<<cookiecutter.source>>"

<<cookiecutter.commands | commands | map(attribute="snake") | assigned("COMMANDS")>>
QUERIES = ("get_<<cookiecutter.__package>>", "list_<<cookiecutter.__plural_snake>>")
<<cookiecutter | routes | mapped("ROUTES")>>
VERIFICATION = "<<cookiecutter.__verification>>"
<<cookiecutter.verification | references | assigned("REFERENCES")>>

STEPS = ("register_list", "validate_list", VERIFICATION, "import_list", "compensate_error")
FUNCTIONS = (*COMMANDS, *QUERIES, *STEPS, "relay_events", "measure_lists", "watch_lists", "on_event")

<<cookiecutter.commands | events | assigned("EVENTS")>>
<<cookiecutter.context_name | list_events | assigned("LIST_EVENTS")>>
<<cookiecutter.subscribers | subscribers | assigned("SUBSCRIBERS")>>

<<cookiecutter.fields | fields | amounts | assigned("AMOUNTS")>>
<<cookiecutter.fields | fields | currencies | assigned("CURRENCIES")>>
<<cookiecutter.verification | faults | assigned("REJECTIONS")>>
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
