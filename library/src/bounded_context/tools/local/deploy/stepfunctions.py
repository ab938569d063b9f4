"""Step Functions: state machines, their versions and aliases."""

from ..aws import Aws
from .registry import Made, Request, creates

TURNED_AWAY = "Lambda.TooManyRequestsException"
"""Error of a function call that exceeds the account's concurrency."""

EMULATORS_TURNED_AWAY = "Lambda.Unknown"
"""The emulator's error for the same case, as on AWS in the past. No other failure there has this name."""


@creates("aws:sfn/stateMachine:StateMachine")
def state_machine(aws: Aws, request: Request) -> Made:
    """Create a state machine, and publish a version if the program requires it."""
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
    """Return the definition with retries that also match the emulator's error for throttled calls."""
    retried = definition.replace(f'"{TURNED_AWAY}"', f'"{TURNED_AWAY}", "{EMULATORS_TURNED_AWAY}"')
    if retried != definition:
        request.adapted.append(
            f"{EMULATORS_TURNED_AWAY} is retried like {TURNED_AWAY}: the emulator's name of the same error"
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
