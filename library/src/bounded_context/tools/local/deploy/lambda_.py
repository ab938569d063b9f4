"""Lambda: functions, layers, aliases, event source mappings and permissions."""

import base64
import hashlib
from typing import Any

from ..aws import Aws
from .registry import Made, Request, creates


@creates("aws:lambda/function:Function")
def function(aws: Aws, request: Request) -> Made:
    """Create a function from its archive, and publish a version if the program requires it."""
    name, tags = request.physical_name(), request.tag_map()
    code = {"ZipFile": request.archive("code")}
    published, reserved = request.take("publish"), request.take("reservedConcurrentExecutions")
    parameters = request.rest(aws, "lambda", "create_function")
    _trace_to_this_run(aws, request, parameters)
    made = aws.call(
        "lambda", "create_function", FunctionName=name, Code=code, Publish=published, Tags=tags, **parameters
    )
    if reserved is not None and reserved >= 0:
        count = int(reserved)
        aws.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=count)
    arn = made["FunctionArn"].removesuffix(f":{made['Version']}")
    return name, {
        "arn": arn,
        "name": name,
        "version": made["Version"],
        "qualifiedArn": f"{arn}:{made['Version']}",
        "invokeArn": _invoke_arn(aws, arn),
        "qualifiedInvokeArn": _invoke_arn(aws, f"{arn}:{made['Version']}"),
        "codeSha256": made["CodeSha256"],
        "lastModified": made["LastModified"],
    }


def _trace_to_this_run(aws: Aws, request: Request, parameters: dict[str, Any]) -> None:
    """On a joined emulator, set the address of this run's X-Ray daemon in a function's environment."""
    if aws.emulator.joined:
        variables = parameters.setdefault("Environment", {}).setdefault("Variables", {})
        variables["AWS_XRAY_DAEMON_ADDRESS"] = aws.emulator.trace_address
        request.adapted.append("its environment names this run's X-Ray daemon, not the daemon of the joined run")


@creates("aws:lambda/alias:Alias")
def alias(aws: Aws, request: Request) -> Made:
    """Create an alias of a version."""
    parameters = request.rest(aws, "lambda", "create_alias")
    parameters["FunctionName"] = parameters["FunctionName"].rsplit(":function:", 1)[-1]
    arn = aws.call("lambda", "create_alias", **parameters)["AliasArn"]
    return arn, {"arn": arn, "name": parameters["Name"], "invokeArn": _invoke_arn(aws, arn)}


@creates("aws:lambda/layerVersion:LayerVersion")
def layer(aws: Aws, request: Request) -> Made:
    """Publish a layer from its archive."""
    content = request.archive("code")
    parameters = request.rest(aws, "lambda", "publish_layer_version")
    made = aws.call("lambda", "publish_layer_version", Content={"ZipFile": content}, **parameters)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    arn, version = made["LayerVersionArn"], str(made["Version"])
    return arn, {"arn": arn, "layerArn": made["LayerArn"], "version": version, "codeSha256": digest}


@creates("aws:lambda/eventSourceMapping:EventSourceMapping")
def event_source(aws: Aws, request: Request) -> Made:
    """Create an event source mapping from a stream or a queue."""
    tags = request.tag_map()
    parameters = request.rest(aws, "lambda", "create_event_source_mapping", destinationArn="Destination")
    made = aws.call("lambda", "create_event_source_mapping", Tags=tags, **parameters)
    arn = made["FunctionArn"]
    return made["UUID"], {"uuid": made["UUID"], "functionArn": arn, "arn": made.get("EventSourceMappingArn")}


@creates("aws:lambda/permission:Permission")
def permission(aws: Aws, request: Request) -> Made:
    """Allow a service or an account to invoke a function."""
    request.inputs.setdefault("statementId", request.physical_name("statementId"))
    parameters = request.rest(aws, "lambda", "add_permission", function="FunctionName", principalOrgId="PrincipalOrgID")
    aws.call("lambda", "add_permission", **parameters)
    return parameters["StatementId"], {"statementId": parameters["StatementId"]}


@creates("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
def invoke_config(aws: Aws, request: Request) -> Made:
    """Set the retries and destinations of a function's asynchronous invocations."""
    parameters = request.rest(aws, "lambda", "put_function_event_invoke_config")
    aws.call("lambda", "put_function_event_invoke_config", **parameters)
    return parameters["FunctionName"], {}


def _invoke_arn(aws: Aws, arn: str) -> str:
    return f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
