"""Records what the Pulumi programs of a repository register, without Pulumi's engine and without AWS.

    python program.py [REPOSITORY FOLDER codeconnections|codecommit STACK,STACK...]...

Run it with the Python of one repository, or of another one with the same packages. Each repository is recorded in a
fork, because the imports take longer than a recording. Each given stack of `infra/service` and of `infra/pipeline` gets
a file FOLDER/<program>-<stack>.json; the third argument is the answer `source`. Two runs write the same bytes.
"""

import contextvars
import gc
import importlib
import json
import os
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import get_root_resource, set_root_resource

ACCOUNT = "111122223333"
REGION = "eu-central-1"
STACK = "pulumi:pulumi:Stack"

_PLACE = f"{REGION}:{ACCOUNT}"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi tells assets, archives and secrets from plain inputs."""

_NOT_OPTIONS = {
    *("type", "name", "object", "dependencies", "propertyDependencies"),
    *("acceptSecrets", "acceptResources", "accepts_byte_string", "supportsPartialValues", "supportsResultReporting"),
    *("sourcePosition", "stackTrace", "parentStackTraceHandle", "snippetId", "transforms"),
    *("version", "pluginDownloadURL", "pluginChecksums", "packageRef"),
}
"""What of a registration is kept elsewhere, or says how the SDK talks, or which version of the provider it knows."""

_PIPELINE = {
    "backend": "s3://state",
    "secrets_provider": f"awskms://alias/state?region={REGION}",
    "shared_accounts": [ACCOUNT],
}
_SOURCES = {
    "codecommit": {"repository": "repository"},
    "codeconnections": {
        "repository": "organization/repository",
        "connection_arn": f"arn:aws:codeconnections:{_PLACE}:connection/0f5a1c2e-1111-2222-3333-444455556666",
    },
}


@dataclass
class Graph:
    """What one run registered, by URN, and what it exported."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The graph as JSON; the order of registration, which is asynchronous, does not show."""
        return json.dumps(vars(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Program:
    """A program by its folder, with the settings that its stacks' files leave to who deploys it."""

    folder: Path
    settings: Mapping[str, Any]

    @property
    def project(self) -> str:
        """The name of its project."""
        return yaml.safe_load((self.folder / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]

    def stacks(self) -> list[str]:
        """The stacks that have a file."""
        return sorted(path.name.split(".")[1] for path in self.folder.glob("Pulumi.*.yaml"))

    def config(self, stack: str) -> dict[str, str]:
        """The config of a stack in the form in which Pulumi hands it over: as text."""
        file = yaml.safe_load((self.folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
        config = {**file, **{f"{self.project}:{key}": value for key, value in self.settings.items()}}
        for environment in config.get(f"{self.project}:environments", ()):
            start = f"arn:aws:iam::{ACCOUNT}:role/{environment['name']}"
            environment["roles"] = {kind: f"{start}-{kind}" for kind in ("preview", "deploy", "shift")}
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


class Cloud(Mocks):
    """Answers whatever is asked or read, each time the same, and made of the name of the resource and its type."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """The id and the outputs of a resource."""
        if not args.custom:
            return "", {}
        kind = args.typ.split(":")[1]
        name = args.inputs.get("name") or f"{args.name}-0a1b2c3"
        outputs = {**_computed(kind, args.name, name), **args.inputs, "name": name}
        return f"id-of-{kind.rpartition('/')[2]}-{args.name}", outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """What AWS would answer."""
        arguments = "/".join(str(value).strip("/") for _, value in sorted(args.args.items()))
        answer = {
            "accountId": ACCOUNT,
            "region": REGION,
            "connectionStatus": "AVAILABLE",
            "insecureValue": f"arn:aws:sns:{_PLACE}:{arguments}",
            "arn": _arn(args.token.split(":")[1], arguments),
        }
        return answer, []


def _computed(kind: str, logical: str, name: str) -> dict[str, Any]:
    arn = _arn(kind, logical)
    return {
        "arn": arn,
        "apiEndpoint": f"https://{logical}.execute-api.{REGION}.amazonaws.com",
        "bucket": name,
        "endpoint": f"{logical}.server.transfer.{REGION}.amazonaws.com",
        "executionArn": f"{arn}/execution",
        "invokeArn": f"{arn}/invocations",
        "keyId": f"key-of-{logical}",
        "stateMachineVersionArn": f"{arn}:3",
        "streamArn": f"{arn}/stream/2026-01-01T00:00:00.000",
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
        "version": f"7-of-{logical}",
    }


def _arn(kind: str, name: str) -> str:
    service, _, what = kind.partition("/")
    return f"arn:aws:{service}:{_PLACE}:{what}/{name}"


class Recorder(MockMonitor):
    """Sees the whole of each registration, and gives out the URNs that Pulumi's engine does."""

    def __init__(self, stack: str, project: str, graph: Graph) -> None:
        super().__init__(Cloud())
        self._start = f"urn:pulumi:{stack}::{project}::"
        self._graph = graph

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN with the types of all parents but the stack; Pulumi's own mock knows the nearest only."""
        above = parent.split("::")[2] if parent else STACK
        return f"{self._start}{type_ if above == STACK else f'{above}${type_}'}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 (named by Pulumi)
        """Keep it; two of the same URN, which the engine refuses, are an error here too."""
        answer = super().RegisterResource(request)
        if answer.urn in self._graph.resources:
            raise ValueError(f"{answer.urn} is registered twice.")
        self._graph.resources[answer.urn] = _kept(request)
        return answer


def _kept(request: Any) -> dict[str, Any]:  # noqa: ANN401 (a message of Pulumi's)
    said = MessageToDict(request, preserving_proto_field_name=True)
    depends = {key: sorted(value.urns) for key, value in request.propertyDependencies.items() if value.urns}
    return {
        "inputs": _plain(said.get("object", {})),
        "dependencies": sorted(request.dependencies),
        "property_dependencies": depends,
        "options": {key: _unordered(value) for key, value in said.items() if value and key not in _NOT_OPTIONS}
        | ({"transforms": len(request.transforms)} if request.transforms else {}),
    }


def _unordered(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    return sorted(value, key=json.dumps) if isinstance(value, list) else value


def _plain(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Numbers as they were written, and no digest of an archive: it may not be there yet."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(child) for child in value]
        case {"path": path} if _SIGNATURE in value:
            return {"path": path}
        case dict():
            return {key: _plain(child) for key, child in value.items()}
        case _:
            return value


def run(program: Program, stack: str) -> Graph:
    """The graph of a stack. Which lines made a resource is not told: it is not kept, and takes a sixth of the time."""
    graph = Graph()
    os.chdir(program.folder)  # as Pulumi does
    # Pulumi keeps its run in context variables: a copy keeps one run apart from the next.
    contextvars.copy_context().run(_run, program, stack, graph)
    return graph


@patch("pulumi.runtime.resource._get_stack_trace", StackTrace)
def _run(program: Program, stack: str, graph: Graph) -> None:
    recorder = Recorder(stack, program.project, graph)
    set_root_resource(None)  # pyrefly: ignore[bad-argument-type] (no resource yet: each run makes its own)
    set_all_config(program.config(stack))
    set_mocks(recorder.mocks, project=program.project, stack=stack, preview=False, monitor=recorder)
    pulumi.runtime.test(_exported)(program.folder, graph)


def _exported(folder: Path, graph: Graph) -> "pulumi.Output[None]":
    runpy.run_path(str(folder), run_name="__main__")
    exported: dict[str, Any] = getattr(get_root_resource(), "outputs", {})
    return pulumi.Output.all(**exported).apply(graph.outputs.update)


def _forget(repository: Path) -> None:
    """Take the repository's modules out of memory, so that the next run starts anew."""
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "/").resolve()
        if path.is_relative_to(repository) and "site-packages" not in path.parts:
            del sys.modules[name]


def programs(repository: Path, source: str) -> Iterator[Program]:
    """The programs of a repository."""
    yield Program(repository / "infra" / "service", {})
    yield Program(repository / "infra" / "pipeline", _PIPELINE | _SOURCES[source])


def record(repository: Path, folder: Path, source: str, stacks: list[str]) -> None:
    """Record these stacks of every program; an empty list stands for all stacks."""
    sys.path[:0] = [str(repository), str(repository / "src")]
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs(repository, source):
        for stack in (name for name in program.stacks() if name in stacks or not stacks):
            (folder / f"{program.folder.name}-{stack}.json").write_text(run(program, stack).text(), encoding="utf-8")
            _forget(repository)


def start(repository: str, folder: str, source: str, stacks: str) -> int:  # pyrefly: ignore[bad-return] (`finally`)
    """Start a recording in a fork, and return its process."""
    if process := os.fork():
        return process
    status = 1
    try:
        record(Path(repository).resolve(), Path(folder).resolve(), source, list(filter(None, stacks.split(","))))
        status = 0
    except Exception:  # main() fails, and the others are recorded all the same
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main(*words: str) -> int:
    """Record each repository; return 1 if a recording failed."""
    sys.dont_write_bytecode = True  # what is recorded stays as it is
    gc.disable()  # it lives for this alone, and looking for garbage takes a third of the time
    importlib.import_module("bounded_context_infra")
    values = iter(words)
    started = [start(*each) for each in zip(values, values, values, values, strict=True)]
    statuses = [os.waitpid(process, 0)[1] for process in started]
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
