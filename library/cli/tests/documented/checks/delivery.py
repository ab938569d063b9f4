"""Checks of builds, pipelines, deployments and HTTP APIs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node

from .register import check

Stage = Mapping[str, Any]


@check("codebuild-of-a-pipeline")
def _builds(graph: Graph) -> Iterator[str]:
    for node in graph.of("codebuild/project"):
        if (node.inputs["source"]["type"] == "CODEPIPELINE") != (node.inputs["artifacts"]["type"] == "CODEPIPELINE"):
            yield node.name


@check("codebuild-reserved-variables")
def _variables(graph: Graph) -> Iterator[str]:
    for node in graph.of("codebuild/project"):
        names = [variable["name"] for variable in node.inputs["environment"].get("environmentVariables") or ()]
        if any(name.startswith("CODEBUILD_") for name in names):
            yield node.name


def _pipelines(graph: Graph) -> Iterator[tuple[Node, Sequence[Stage]]]:
    return ((node, node.inputs["stages"]) for node in graph.of("codepipeline/pipeline"))


@check("codepipeline-unique-names")
def _names(graph: Graph) -> Iterator[str]:
    for node, stages in _pipelines(graph):
        lists = [[stage["name"] for stage in stages]]
        lists += [[action["name"] for action in stage["actions"]] for stage in stages]
        if any(len(set(names)) < len(names) for names in lists):
            yield node.name


@check("codepipeline-source-stage")
def _sources(graph: Graph) -> Iterator[str]:
    for node, stages in _pipelines(graph):
        kinds = [{action["category"] == "Source" for action in stage["actions"]} for stage in stages]
        if kinds != [{True}, *[{False}] * (len(stages) - 1)]:
            yield node.name


@check("codepipeline-artifacts")
def _artifacts(graph: Graph) -> Iterator[str]:
    for node, stages in _pipelines(graph):
        artifacts: list[str] = []
        for stage in stages:
            for action in sorted(stage["actions"], key=lambda action: action.get("runOrder", 1)):
                if set(action.get("inputArtifacts") or ()) - set(artifacts):
                    yield node.name
                artifacts += action.get("outputArtifacts") or ()
        if len(set(artifacts)) < len(artifacts):
            yield node.name


@check("codepipeline-timeout-of-approvals-only")
def _timeouts(graph: Graph) -> Iterator[str]:
    for _, stages in _pipelines(graph):
        actions = (action for stage in stages for action in stage["actions"] if action.get("timeoutInMinutes"))
        yield from (action["name"] for action in actions if action["category"] != "Approval")


@check("codedeploy-lambda-style")
def _styles(graph: Graph) -> Iterator[str]:
    style = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
    return (node.name for node in graph.of("codedeploy/deploymentGroup") if node.inputs["deploymentStyle"] != style)


@check("apigateway-access-log")
def _logs(graph: Graph) -> Iterator[str]:
    for node in graph.of("apigatewayv2/stage"):
        text = node.inputs.get("accessLogSettings", {}).get("format", "$context.requestId")
        if "$context.requestId" not in text or "\n" in text:
            yield node.name


@check("apigateway-access-log-size")
def _log_sizes(graph: Graph) -> Iterator[str]:
    for node in graph.of("apigatewayv2/stage"):
        if len(node.inputs.get("accessLogSettings", {}).get("format", "").encode()) > 3072:
            yield node.name


@check("apigateway-token-authorizer")
def _authorizers(graph: Graph) -> Iterator[str]:
    for node in graph.of("apigatewayv2/route"):
        if node.inputs.get("authorizationType") == "JWT" and not node.inputs.get("authorizerId"):
            yield node.name


@check("apigateway-permission")
def _permissions(graph: Graph) -> Iterator[str]:
    permitted = {
        node.inputs["function"].rpartition(":")[2]
        for node in graph.of("lambda/permission")
        if node.inputs["principal"] == "apigateway.amazonaws.com"
    }
    for node in graph.of("apigatewayv2/integration"):
        function = node.inputs["integrationUri"].partition(":function:")[2].partition(":")[0]
        if function not in permitted:
            yield node.name
