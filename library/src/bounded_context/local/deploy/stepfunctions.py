"""Step Functions: the state machine, its published version and its alias."""

from ..aws import Aws
from .registry import Made, Request, creates

TURNED_AWAY = "Lambda.TooManyRequestsException"
"""What Step Functions calls a function's call beyond the account's concurrency."""

EMULATORS_TURNED_AWAY = "Lambda.Unknown"
"""What the emulator calls it, as AWS once did; nothing else that fails there has this name."""


@creates("aws:sfn/stateMachine:StateMachine")
def state_machine(aws: Aws, request: Request) -> Made:
    """Create a state machine, published if the program says so."""
    name, tags, logging = request.physical_name(), request.tags("key", "value"), _logging(request)
    definition = _retried(request, request.take("definition"))
    parameters = request.rest(aws, "stepfunctions", "create_state_machine")
    made = aws.call(
        "stepfunctions",
        "create_state_machine",
        name=name,
        tags=tags,
        loggingConfiguration=logging,
        definition=definition,
        **parameters,
    )
    arn, version = made["stateMachineArn"], made.get("stateMachineVersionArn")
    return arn, {"arn": arn, "name": name, "stateMachineVersionArn": version, "status": "ACTIVE"}


def _retried(request: Request, definition: str) -> str:
    """Return a definition that also tries again what the emulator turned away, by the name that it has for that."""
    retried = definition.replace(f'"{TURNED_AWAY}"', f'"{TURNED_AWAY}", "{EMULATORS_TURNED_AWAY}"')
    if retried != definition:
        request.adapted.append(
            f"{EMULATORS_TURNED_AWAY} goes with {TURNED_AWAY}: the emulator's name for it, not AWS's"
        )
    return retried


def _logging(request: Request) -> dict[str, object] | None:
    wanted = request.take("loggingConfiguration")
    if wanted is None:
        return None
    group = wanted.pop("logDestination", None)
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}] if group else []
    return wanted | {"destinations": destinations}


@creates("aws:sfn/alias:Alias")
def alias(aws: Aws, request: Request) -> Made:
    """Create an alias that routes to a version."""
    name = request.physical_name()
    routing = [
        {"stateMachineVersionArn": route["stateMachineVersionArn"], "weight": int(route["weight"])}
        for route in request.take("routingConfigurations")
    ]
    parameters = request.rest(aws, "stepfunctions", "create_state_machine_alias")
    made = aws.call(
        "stepfunctions", "create_state_machine_alias", name=name, routingConfiguration=routing, **parameters
    )
    arn = made["stateMachineAliasArn"]
    return arn, {"arn": arn, "name": name}
