"""API Gateway: HTTP APIs, routes and authorizers. The emulator authorizes each request."""

from ..aws import Aws
from .registry import Made, Request, creates

API = "aws:apigatewayv2/api:Api"


@creates(API)
def api(aws: Aws, request: Request) -> Made:
    """Create an HTTP API. The emulator serves the API below a path, not under a separate host name."""
    name, tags = request.physical_name(), request.tag_map()
    parameters = request.rest(aws, "apigatewayv2", "create_api")
    identity = aws.call("apigatewayv2", "create_api", Name=name, Tags=tags, **parameters)["ApiId"]
    return identity, {
        "apiEndpoint": f"{aws.emulator.endpoint}/_aws/execute-api/{identity}",
        "arn": f"arn:aws:apigateway:{aws.region}::/apis/{identity}",
        "executionArn": f"arn:aws:execute-api:{aws.region}:{aws.account}:{identity}",
    }


@creates("aws:apigatewayv2/authorizer:Authorizer")
def authorizer(aws: Aws, request: Request) -> Made:
    """Create an authorizer of tokens."""
    renames = {"identitySources": "IdentitySource", "audiences": "Audience"}
    parameters = request.rest(aws, "apigatewayv2", "create_authorizer", **renames)
    return aws.call("apigatewayv2", "create_authorizer", **parameters)["AuthorizerId"], {}


@creates("aws:apigatewayv2/integration:Integration")
def integration(aws: Aws, request: Request) -> Made:
    """Create an integration."""
    parameters = request.rest(aws, "apigatewayv2", "create_integration", timeoutMilliseconds="TimeoutInMillis")
    made = aws.call("apigatewayv2", "create_integration", **parameters)
    request.adapted.append("the emulator's API has no timeout, and needs no permission to call its function")
    return made["IntegrationId"], {}


@creates("aws:apigatewayv2/route:Route")
def route(aws: Aws, request: Request) -> Made:
    """Create a route to an integration, with its authorization."""
    parameters = request.rest(aws, "apigatewayv2", "create_route")
    return aws.call("apigatewayv2", "create_route", **parameters)["RouteId"], {}


@creates("aws:apigatewayv2/stage:Stage")
def stage(aws: Aws, request: Request) -> Made:
    """Create a stage."""
    name, tags = request.physical_name(), request.tag_map()
    parameters = request.rest(aws, "apigatewayv2", "create_stage")
    aws.call("apigatewayv2", "create_stage", StageName=name, Tags=tags, **parameters)
    request.adapted.append(
        "no request is throttled or written to the access log: the emulator only stores these settings"
    )
    return name, {"name": name}
