"""Step Functions: the state machine, its published version and its alias."""

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:sfn/stateMachine:StateMachine")
def state_machine(aws: Aws, request: Request) -> Made:
    """Create a state machine, published if the program says so."""
    name, tags, logging = request.physical_name(), request.tags("key", "value"), _logging(request)
    parameters = request.rest(aws, "stepfunctions", "create_state_machine")
    made = aws.call(
        "stepfunctions",
        "create_state_machine",
        name=name,
        tags=tags,
        loggingConfiguration=logging,
        **parameters,
    )
    arn, version = made["stateMachineArn"], made.get("stateMachineVersionArn")
    return arn, {"arn": arn, "name": name, "stateMachineVersionArn": version, "status": "ACTIVE"}


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
