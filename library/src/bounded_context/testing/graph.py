"""Runs a repository's Pulumi program without an engine and without AWS, and keeps what it registered::

    graph = run("prod")
    graph.one("sqs/queue", "inbound").inputs["visibilityTimeoutSeconds"]

What AWS would make up, such as ARNs, is made up here of names.
"""

import asyncio
import contextvars
import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc, set_mocks
from pulumi.runtime.config import CONFIG
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import set_root_resource

from .. import pulumi_files
from ..collected import collected_later
from ..graph import Graph, Node
from ..project import current
from ..pulumi_program import execute
from .kept import kept
from .settings_read import SettingsRead

__all__ = [
    "ACCOUNT",
    "API",
    "REGION",
    "Cloud",
    "Graph",
    "Node",
    "Program",
    "run",
    "service",
    "untraced",
]

ACCOUNT = "111122223333"
REGION = "eu-central-1"
API = "a1b2c3d4e5"
"""The id of an HTTP API."""

untraced = patch("pulumi.runtime.resource._get_stack_trace", StackTrace)
"""Of each resource Pulumi tells its engine the lines that made it; there is none, and it takes a sixth of the time."""

_PLACE = f"{REGION}:{ACCOUNT}"
_ARNS = {
    "cloudwatch/eventRule": "events:{place}:rule/{name}",
    "cloudwatch/logGroup": "logs:{place}:log-group:{name}",
    "codebuild/project": "codebuild:{place}:project/{name}",
    "codebuild/reportGroup": "codebuild:{place}:report-group/{name}",
    "codepipeline/pipeline": "codepipeline:{place}:{name}",
    "dynamodb/table": "dynamodb:{place}:table/{name}",
    "iam/role": "iam::{account}:role/{name}",
    "kms/key": "kms:{place}:key/0f5a1c2e-1111-2222-3333-444455556666",
    "lambda/function": "lambda:{place}:function:{name}",
    "lambda/layerVersion": "lambda:{place}:layer:{name}:1",
    "s3/bucket": "s3:::{name}",
    "secretsmanager/secret": "secretsmanager:{place}:secret:{name}-a1B2c3",
    "sfn/stateMachine": "states:{place}:stateMachine:{name}",
    "sns/topic": "sns:{place}:{name}",
    "sqs/queue": "sqs:{place}:{name}",
}

_FIXED = {
    "apigatewayv2/api": {
        "id": API,
        "apiEndpoint": f"https://{API}.execute-api.{REGION}.amazonaws.com",
        "executionArn": f"arn:aws:execute-api:{_PLACE}:{API}",
    },
    "lambda/function": {"version": "7"},
}
"""What is computed of a kind of which there is one, or which is always alike."""


@dataclass(frozen=True)
class Program:
    """A Pulumi program: its folder, its project's name, and what AWS answers when it asks (by the call's token)."""

    folder: Path
    project: str
    answers: Mapping[str, Any] = field(default_factory=dict)

    def stacks(self) -> list[str]:
        """The names of the stacks that have a file, sorted."""
        return pulumi_files.stacks(self.folder)

    def config(self, stack: str, **settings: Any) -> dict[str, str]:
        """The config of a stack in the form in which Pulumi hands it over: its file's, then these, all as text."""
        mine = {f"{self.project}:{key}": value for key, value in settings.items()}
        said = pulumi_files.config(self.folder, stack) | mine
        return {key: pulumi_files.as_text(value) for key, value in said.items()}

    def own(self, config: Mapping[str, str]) -> dict[str, str]:
        """What a config says for this program, without the prefix that is its project's name."""
        return {key.partition(":")[2]: value for key, value in config.items() if key.startswith(f"{self.project}:")}

    def run(self, stack: str, **settings: Any) -> Graph:
        """The graph as `stack`, with these settings instead of those in its file. Raises what the program raises."""
        return self.run_with(stack, self.config(stack, **settings))

    def run_with(self, stack: str, config: Mapping[str, str]) -> Graph:
        """The graph as `stack` with this config, as `config` returns it. Raises what the program raises."""
        graph = Graph()
        # Pulumi keeps its run in context variables: a copy keeps one run apart from the next.
        with collected_later():
            contextvars.copy_context().run(_run, self, graph, stack, config)
        return graph


def service() -> Program:
    """The program that deploys the context of the current repository. Raises NoProject."""
    project = current()
    return Program(project.service, project.package)


def run(stack: str, **settings: Any) -> Graph:
    """The graph of the current repository's context as `stack`, with these settings instead of those in its file.

    It is run once for the same settings. Raises what the program raises, such as SettingError.
    """
    return _run_once(stack, tuple((key, pulumi_files.as_text(value)) for key, value in settings.items()))


@functools.cache
def _run_once(stack: str, settings: tuple[tuple[str, str], ...]) -> Graph:
    return kept(f"{stack} {settings}", lambda: service().run(stack, **dict(settings)))


@untraced
def _run(program: Program, graph: Graph, stack: str, config: Mapping[str, str]) -> None:
    cloud = Cloud(program.answers)
    recorder = _Recorder(cloud, graph)
    _have_a_loop()
    set_root_resource(None)  # pyright: ignore[reportArgumentType] (no resource yet: each run makes its own)
    settings = SettingsRead(config)
    CONFIG.set(settings)
    logger = _logger(program.project, graph)
    set_mocks(cloud, project=program.project, stack=stack, preview=False, monitor=recorder, logger=logger)
    pulumi.runtime.test(lambda: execute(program.folder).apply(graph.outputs.update))()
    graph.unread.update(settings.unread(program.project))


def _have_a_loop() -> None:
    """Pulumi asks for the thread's event loop, and there is none where another test has run one to its end."""
    try:
        asyncio.get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def _logger(name: str, graph: Graph) -> logging.Logger:
    logger = logging.Logger(name, logging.INFO)
    handler = logging.Handler()
    handler.emit = lambda record: graph.log.append(record.getMessage())
    logger.addHandler(handler)
    return logger


class _Recorder(MockMonitor):
    """Also sees what mocks do not: the options of a resource."""

    def __init__(self, cloud: "Cloud", graph: Graph) -> None:
        super().__init__(cloud)
        self._graph = graph

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (named by Pulumi)
        answer = super().RegisterResource(request)
        if request.type.startswith("aws:"):
            self._graph.nodes.append(_node(request, answer.urn, self.resources[answer.urn].state))
        return answer


def _node(request: Any, urn: str, outputs: Mapping[str, Any]) -> Node:
    return Node(
        type=request.type,
        name=request.name,
        urn=urn,
        inputs=rpc.deserialize_properties(request.object),
        outputs=outputs,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        ignore_changes=frozenset(request.ignoreChanges),
        dependencies=frozenset(request.dependencies),
    )


class Cloud(Mocks):
    """Answers like AWS as far as a program needs it: names, ids, ARNs, versions, URLs."""

    def __init__(self, answers: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._answers = answers

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The id of a resource (None: unknown) and its outputs."""
        kind = args.typ.split(":")[1]
        name = args.inputs.get("name") or args.inputs.get("layerName") or f"{args.name}-0a1b2c3"
        outputs: dict[str, Any] = {**args.inputs, "name": name}
        if kind in _ARNS:
            outputs["arn"] = "arn:aws:" + _ARNS[kind].format(place=_PLACE, account=ACCOUNT, name=name)
        outputs |= _FIXED.get(kind) or _computed(kind, args.inputs, outputs)
        return outputs.get("id", name), outputs

    def call(self, args: MockCallArgs) -> Any:
        """What AWS answers to a question of the program."""
        answers: dict[str, Any] = {
            **self._answers,
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": REGION},
            "aws:ssm/getParameter:getParameter": {"insecureValue": f"arn:aws:sns:{_PLACE}:neighbour-events"},
        }
        return answers[args.token]


def _computed(kind: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    name, arn = outputs["name"], outputs.get("arn", "")
    match kind:
        case "sqs/queue":
            url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
            return {"id": url, "url": url}
        case "s3/bucket":
            return {"bucket": name}
        case "kms/key":
            return {"keyId": arn.rsplit("/", 1)[1]}
        case "dynamodb/table":
            return {"streamArn": f"{arn}/stream/2026-01-01T00:00:00.000"}
        case "codedeploy/deploymentGroup":
            return {"id": f"{inputs['appName']}:{inputs['deploymentGroupName']}"}
        case "lambda/alias":
            alias = f"arn:aws:lambda:{_PLACE}:function:{inputs['functionName']}:{name}"
            return {
                "arn": alias,
                "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{alias}/invocations",
            }
        case "sfn/stateMachine":
            return {"stateMachineVersionArn": f"{arn}:3"}
        case "sfn/alias":
            version = str(inputs["routingConfigurations"][0]["stateMachineVersionArn"])
            return {"arn": f"{version.rsplit(':', 1)[0]}:{name}"}
        case "transfer/server":
            return {
                "id": "s-0123456789abcdef0",
                "endpoint": f"s-0123456789abcdef0.server.transfer.{REGION}.amazonaws.com",
            }
        case _:
            return {}
