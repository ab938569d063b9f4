"""CodeDeploy on the stand-in: applications, deployment groups and deployment configurations."""

import json
from typing import Any

from ..aws import Aws
from .policies import as_list
from .registry import Made, Request, creates
from .translation import Untranslatable

SERVICE = "codedeploy.amazonaws.com"


@creates("aws:codedeploy/application:Application")
def application(aws: Aws, request: Request) -> Made:
    """Create an application."""
    name, tags = request.physical_name(), request.tags()
    parameters = request.rest(aws, "codedeploy", "create_application")
    made = aws.call("codedeploy", "create_application", applicationName=name, tags=tags, **parameters)
    identity = made["applicationId"]
    return identity, {"arn": _arn(aws, f"application:{name}"), "name": name, "applicationId": identity}


@creates("aws:codedeploy/deploymentGroup:DeploymentGroup")
def deployment_group(aws: Aws, request: Request) -> Made:
    """Create a deployment group, and let the stand-in assume its service role."""
    tags, alarms = request.tags(), _alarms(request)
    if request.inputs.get("triggerConfigurations"):
        request.adapted.append("its deployments cause no notifications: the stand-in has no triggers")
    parameters = request.rest(aws, "codedeploy", "create_deployment_group", appName="applicationName")
    _let_the_run_assume(aws, request, parameters["serviceRoleArn"])
    made = aws.call("codedeploy", "create_deployment_group", tags=tags, alarmConfiguration=alarms, **parameters)
    identity, name = made["deploymentGroupId"], parameters["deploymentGroupName"]
    arn = _arn(aws, f"deploymentgroup:{parameters['applicationName']}/{name}")
    return identity, {"arn": arn, "deploymentGroupId": identity, "deploymentGroupName": name}


@creates("aws:codedeploy/deploymentConfig:DeploymentConfig")
def deployment_config(aws: Aws, request: Request) -> Made:
    """Create a deployment configuration."""
    name, routing = request.physical_name("deploymentConfigName"), _routing(request.take("trafficRoutingConfig"))
    parameters = request.rest(aws, "codedeploy", "create_deployment_config")
    made = aws.call(
        "codedeploy",
        "create_deployment_config",
        deploymentConfigName=name,
        trafficRoutingConfig=routing,
        **parameters,
    )
    arn = _arn(aws, f"deploymentconfig:{name}")
    return name, {"arn": arn, "deploymentConfigName": name, "deploymentConfigId": made["deploymentConfigId"]}


def _arn(aws: Aws, resource: str) -> str:
    return f"arn:aws:codedeploy:{aws.region}:{aws.account}:{resource}"


def _alarms(request: Request) -> dict[str, Any] | None:
    """Return the alarm configuration in the API's form, with a structure for each alarm name."""
    configuration = request.take("alarmConfiguration")
    if configuration is None:
        return None
    return configuration | {"alarms": [{"name": name} for name in configuration.get("alarms") or []]}


def _routing(routing: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the routing with the API's names, such as `canaryInterval` for a canary's `interval`."""
    if routing is None:
        return None
    blocks = {"timeBasedCanary": "canary", "timeBasedLinear": "linear"}
    return {
        key: {f"{blocks[key]}{name.title()}": int(number) for name, number in value.items()} if key in blocks else value
        for key, value in routing.items()
        if value is not None
    }


def _let_the_run_assume(aws: Aws, request: Request, role_arn: str) -> None:
    """Let the root user assume the service role, so that a deployment has only the role's permissions."""
    name = role_arn.rpartition("/")[2]
    policy = aws.call("iam", "get_role", RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    statements = as_list(policy["Statement"])
    if SERVICE not in json.dumps(statements):
        raise Untranslatable(f"the service role {name} does not trust {SERVICE}")
    root = {"AWS": f"arn:aws:iam::{aws.account}:root"}
    trusting = [*statements, {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}]
    document = json.dumps(policy | {"Statement": trusting})
    aws.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=document)
    request.adapted.append("its service role also trusts this run, because the stand-in is not an AWS service")
