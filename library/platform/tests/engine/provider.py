"""A stand-in for the AWS provider, which Pulumi's engine starts in its place: it makes nothing and answers like AWS."""
# ruff: noqa: ARG002, N802 (Pulumi names the methods and what they are given)

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import MockCallArgs, MockResourceArgs
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pulumi.runtime.rpc import UNKNOWN

from bounded_context_cli.programs.recording import Cloud

from .served import serve

MOVED = "STAND_IN_MOVED"
"""The variable that names a file of what changed behind Pulumi: properties by a resource's logical name, null if it was
deleted."""

_VERSION = {"lambda/function": "version", "sfn/stateMachine": "stateMachineVersionArn"}
"""What an update makes anew."""


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Gives ids and ARNs; a function or a machine that is updated gets the next version."""

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").update(Cloud().call(MockCallArgs(request.tok, {}, "")))
        return response

    def Check(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        old, new = MessageToDict(request.old_inputs), MessageToDict(request.news)
        changed = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed)

    def Create(self, request: Any, context: Any) -> Any:
        inputs = MessageToDict(request.properties)
        identity, outputs = _made(request.urn, inputs)
        if request.preview:
            outputs |= dict.fromkeys(outputs.keys() - inputs.keys(), UNKNOWN)
        return provider_pb2.CreateResponse(id="" if request.preview else identity, properties=_struct(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        _, outputs = _made(request.urn, MessageToDict(request.news))
        if version := _VERSION.get(_kind(request.urn)):
            before, _, number = request.olds[version].rpartition(":")
            outputs[version] = UNKNOWN if request.preview else f"{before}:{int(number) + 1}".lstrip(":")
        return provider_pb2.UpdateResponse(properties=_struct(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        moved = json.loads(Path(os.environ[MOVED]).read_text()).get(_name(request.urn), {})
        if moved is None:
            return provider_pb2.ReadResponse()
        inputs, properties = MessageToDict(request.inputs) | moved, MessageToDict(request.properties) | moved
        return provider_pb2.ReadResponse(id=request.id, inputs=_struct(inputs), properties=_struct(properties))

    def Delete(self, request: Any, context: Any) -> Any:
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return Empty()


def _made(urn: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    identity, outputs = Cloud().new_resource(MockResourceArgs(_type(urn), _name(urn), inputs, "", "", True))
    return str(identity), outputs


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _kind(urn: str) -> str:
    return _type(urn).split(":")[1]


def _name(urn: str) -> str:
    return urn.split("::")[3]


def _struct(values: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


def main() -> None:
    """Stand in for the provider."""
    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(), server))
