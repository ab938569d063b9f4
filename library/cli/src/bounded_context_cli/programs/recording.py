"""Runs a repository's Pulumi program without an engine and without AWS, and records the resources that it registers::

    graph = run("prod")
    graph.one("sqs/queue", "inbound").inputs["visibilityTimeoutSeconds"]

Values that AWS would assign, such as ARNs, are derived from names.
"""

import asyncio
import contextvars
import functools
import inspect
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc, set_mocks
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.config import CONFIG
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.resource_pb2 import TransformRequest, TransformResourceOptions
from pulumi.runtime.proto.source_pb2 import SourcePosition, StackFrame, StackTrace
from pulumi.runtime.settings import set_root_resource

from bounded_context_infra.configuration.config import SettingError, partition_of
from bounded_context_infra.configuration.project import ProjectError, current, own

from . import RESOURCE_TYPES, Graph, Node, pulumi_files
from .pulumi_files import SettingsRead
from .pulumi_program import execute, little_garbage, placed_in, silent_loop
from .shared_cache import Value, cached, digest

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

_RUNTIME, _INFRA = (Path(str(files(name))) for name in ("bounded_context", "bounded_context_infra"))
_READ = (
    *(_RUNTIME / name for name in ("application", "declaration", "domain")),
    _INFRA,
    *(Path(__file__).parents[1] / name for name in ("data", "programs")),
)
"""The folders of the library whose files a recording reads."""

OF_REPOSITORY = ("infra", "src", "workflow", "pyproject.toml")
"""The files and folders of a repository that a recording reads."""

_PACKAGES = ("protobuf", "pulumi", "pulumi-aws", "pydantic", "pyyaml")
"""The packages whose versions a recorded graph depends on."""

_TRACE = "pulumi.runtime.resource._get_stack_trace"
untraced = patch(_TRACE, StackTrace)
"""Disables the stack traces that Pulumi sends to its engine for each resource: a sixth of a run's time."""


class NotRun(ProjectError):
    """A program that cannot be run as a stack; the message has the reason."""


class DuplicateResource(Exception):
    """Two resources with the same type and name; the message has the places and the remedy."""


@dataclass(frozen=True)
class Program:
    """A Pulumi program: its folder, its project's name, and AWS's answers to its calls, by the call's token."""

    folder: Path
    project: str
    answers: Mapping[str, Any] = field(default_factory=dict)

    def stacks(self) -> list[str]:
        """Return the names of the stacks that have a file, sorted."""
        return pulumi_files.stacks(self.folder)

    def config(self, stack: str, **settings: Any) -> dict[str, str]:
        """Return the config of a stack's file, overridden by ``settings``, as text, which is Pulumi's format."""
        overrides = {f"{self.project}:{key}": value for key, value in settings.items()}
        config = pulumi_files.config(self.folder, stack) | overrides
        return {key: pulumi_files.as_text(value) for key, value in config.items()}

    def own(self, config: Mapping[str, str]) -> dict[str, str]:
        """Return this program's settings in a config, without the project's name as prefix."""
        return {key.partition(":")[2]: value for key, value in config.items() if key.startswith(f"{self.project}:")}

    def require_stack(self, stack: str, *kinds: str) -> None:
        """Raise NotRun if a stack has no file, and is none of the given kinds of stacks."""
        if stack not in (names := (*self.stacks(), *kinds)):
            raise NotRun(f"There is no stack {stack}: write one of {', '.join(names)}.")

    def graph(self, stack: str, config: Mapping[str, str] | None = None) -> Graph:
        """Run the program as `stack`, and return the graph. `config` replaces that of the stack's file.

        Raises:
            NotRun: the stack has no file, or the program raised an exception; the message is for the user.
            ProjectError: the program raised this error.
        """
        if config is None:
            self.require_stack(stack)
        try:
            return self.run_with(stack, self.config(stack) if config is None else config)
        except ProjectError:
            raise
        except SettingError as error:
            # A value that depends on AWS is checked after the end of the program, without the program's place.
            sentence = error.at(pulumi_files.stack_file(self.folder, stack), self.project)
            raise NotRun(f"{sentence} The program does not run as {stack}.") from error
        except Exception as error:
            raise NotRun(f"{placed_in(self.folder, error)} The program does not run as {stack}.") from error

    def run(self, stack: str, **settings: Any) -> Graph:
        """Run the program as `stack`, with `settings` in place of its file's settings, and return the graph.

        Raises the program's exceptions.
        """
        return self.run_with(stack, self.config(stack, **settings))

    def run_with(self, stack: str, config: Mapping[str, str]) -> Graph:
        """Run the program as `stack` with a config from `config`, and return the graph.

        Raises:
            DuplicateResource: two resources have the same type and name.
            Exception: an exception of the program.
        """
        graph = Graph()
        # Pulumi stores the state of a run in context variables: a copy isolates the runs.
        with little_garbage():
            contextvars.copy_context().run(_run, self, graph, stack, config)
        return graph


def service() -> Program:
    """Return the program that deploys the context of the current repository. Raises NoProject."""
    project = current()
    return Program(project.service, project.package)


def run(stack: str, **settings: Any) -> Graph:
    """Return the graph of the current repository's context as `stack`; `settings` override its file's settings.

    Runs the program once for the same config and sources. Raises the program's exceptions, such as SettingError.
    """
    program = service()
    config = program.config(stack, **settings)
    return _run_once(program.folder, program.project, stack, tuple(config.items()))


def recorded(name: str, make: Callable[[], Value], root: Path, *others: Path) -> Value:
    """Return the cached graph of this name, or record and cache it, under the digest of everything it depends on.

    It may also be a value that is made of graphs.

    Args:
        name: what is recorded: the program, the stack and the config.
        make: records the graph.
        root: the repository of the program.
        others: further files and folders that `make` reads.
    """
    inputs = [root / part for part in OF_REPOSITORY]
    return cached(f"{name} {_digest_of_library()}", make, *inputs, *others)


def recorded_region(config: Mapping[str, str]) -> str:
    """Return the region of a graph: REGION for all regions of its partition, so graphs can be compared."""
    region = config.get("aws:region", REGION)
    return REGION if partition_of(region) == partition_of(REGION) else region


@functools.lru_cache(maxsize=16)
def _run_once(folder: Path, project: str, stack: str, config: tuple[tuple[str, str], ...]) -> Graph:
    program = Program(folder, project)
    name = f"{folder} {project} {stack} {config}"
    return recorded(name, lambda: program.run_with(stack, dict(config)), folder.parents[1])


@functools.cache
def _digest_of_library() -> str:
    versions = {name: version(name) for name in _PACKAGES}
    return digest(f"{versions} {sys.version}", *_READ)


def _run(program: Program, graph: Graph, stack: str, config: Mapping[str, str]) -> None:
    cloud = Cloud(program.answers, recorded_region(config))
    recorder, settings = _Recorder(cloud, graph), SettingsRead(config)
    with silent_loop(), placed_resources(program.folder):
        set_root_resource(None)  # pyrefly: ignore[bad-argument-type] (no resource yet: each run makes its own)
        CONFIG.set(settings)
        logger = _logger(program.project, graph)
        set_mocks(cloud, project=program.project, stack=stack, preview=False, monitor=recorder, logger=logger)
        try:
            pulumi.runtime.test(lambda: execute(program.folder).apply(graph.outputs.update))()
        finally:
            # The server of the program's transforms belongs to this event loop.
            if _CallbackServicer._servicers:
                asyncio.get_event_loop().run_until_complete(_CallbackServicer.shutdown())
    if recorder.duplicate:
        raise DuplicateResource(recorder.duplicate)
    graph.unread.update(settings.unread(program.project))


def placed_resources(folder: Path) -> Any:
    """Return a context manager in which each resource has the line of a program that registers it."""
    return patch(_TRACE, partial(_own_frame, folder))


def _own_frame(folder: Path) -> StackTrace:
    """Return the innermost frame in the repository of a program: the line that registers a resource."""
    root, frame = folder.parents[1], inspect.currentframe()
    file, line = f"infra/{folder.name}/__main__.py", 1
    while frame:
        if own_file := own(frame.f_code.co_filename, root):
            file, line = own_file, frame.f_lineno
            break
        frame = frame.f_back
    return StackTrace(frames=[StackFrame(pc=SourcePosition(uri=file, line=line))])


def _logger(name: str, graph: Graph) -> logging.Logger:
    logger = logging.Logger(name, logging.INFO)
    handler = logging.Handler()
    handler.emit = lambda record: graph.log.append(record.getMessage())
    logger.addHandler(handler)
    return logger


class UniqueMonitor(MockMonitor):
    """A monitor that detects two resources with the same URN. `duplicate` is the sentence about the first."""

    def __init__(self, cloud: Mocks) -> None:
        super().__init__(cloud)
        self._types: dict[str, tuple[str, ...]] = {}
        self._places: dict[tuple[tuple[str, ...], str], str] = {}
        self.duplicate = ""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (named by Pulumi)
        self.require_new(request)
        return super().RegisterResource(request)

    def require_new(self, request: Any) -> None:
        """Record the first resource whose URN another resource has: the engine refuses its deployment.

        A URN of the engine has the types of all parents, and a URN of the mocks the type of the nearest.
        """
        urn = self.make_urn(request.parent, request.type, request.name)
        self._types[urn] = types = (*self._types.get(request.parent, ()), request.type)
        place, first = _place(request), self._places.get((types, request.name))
        self._places[types, request.name] = place
        if first and not self.duplicate:
            name = f"{request.type.rpartition(':')[2]} {request.name}"
            # The order of asynchronous registration is not stable: the later line is the place.
            before, place = sorted((first, place), key=_by_line)
            self.duplicate = f"{place}: {name} is registered here and at {before}: give one another name."


class _Recorder(UniqueMonitor):
    """A monitor that records resources with their options, which mocks do not receive."""

    def __init__(self, cloud: "Cloud", graph: Graph) -> None:
        super().__init__(cloud)
        self._graph = graph
        self._transforms: dict[str, list[Any]] = {}
        self._of_stack: list[Any] = []

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802 (named by Pulumi)
        self._of_stack.append(request)
        return super().RegisterStackTransform(request)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (named by Pulumi)
        # As the engine: the transforms of the resource, of its parents from the nearest, and of the stack.
        urn = self.make_urn(request.parent, request.type, request.name)
        self._transforms[urn] = [*request.transforms, *self._transforms.get(request.parent, ())]
        for callback in (*self._transforms[urn], *self._of_stack):
            _transform(request, callback.token)
        answer = super().RegisterResource(request)
        if request.type.startswith("aws:"):
            self._graph.nodes.append(_node(request, answer.urn, self.resources[answer.urn].state))
        return answer


_OPTIONS = {
    "protect": "protect",
    "retain_on_delete": "retainOnDelete",
    "ignore_changes": "ignoreChanges",
    "depends_on": "dependencies",
}
"""The recorded options of a resource: their names in a transform, and in the registration."""


def _transform(request: Any, token: str) -> None:
    """Run a transform, which mocks do not: replace the inputs and the recorded options of a resource by its answer."""
    [server] = [server for server in _CallbackServicer._servicers if token in server._callbacks]
    options = TransformResourceOptions(**{name: getattr(request, field) for name, field in _OPTIONS.items()})
    shared = {name: getattr(request, name) for name in ("type", "name", "custom", "parent")}
    message = TransformRequest(**shared, properties=request.object, options=options).SerializeToString()
    callback: Any = server._callbacks[token]
    answer = asyncio.run_coroutine_threadsafe(callback(message), server._loop).result()
    request.object.CopyFrom(answer.properties)
    if answer.HasField("options"):
        changed = {field: getattr(answer.options, name) for name, field in _OPTIONS.items()}
        for field in _OPTIONS.values():
            request.ClearField(field)
        request.MergeFrom(type(request)(**changed))


def _place(request: Any) -> str:
    return f"{request.sourcePosition.uri}:{request.sourcePosition.line}"


def _by_line(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)


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
        place=_place(request),
    )


class Cloud(Mocks):
    """A stand-in of AWS for a program: names, ids, ARNs, versions and URLs."""

    def __init__(self, answers: Mapping[str, Any] = MappingProxyType({}), region: str = REGION) -> None:
        self._answers = answers
        partition = partition_of(region)
        self._place = {
            "account": ACCOUNT,
            "api": API,
            "domain": partition.domain,
            "partition": partition.name,
            "region": region,
        }

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return the id of a resource (None: unknown) and its outputs."""
        kind = args.typ.split(":")[1]
        name = args.inputs.get("name") or args.inputs.get("layerName") or f"{args.name}-0a1b2c3"
        outputs: dict[str, Any] = {**args.inputs, "name": name}
        for key, form in RESOURCE_TYPES.get(kind, {}).get("recorded", {}).items():
            outputs[key] = form.format_map({**outputs, **self._place})
        if kind == "sfn/alias":
            version = str(args.inputs["routingConfigurations"][0]["stateMachineVersionArn"])
            outputs["arn"] = f"{version.rsplit(':', 1)[0]}:{name}"
        return outputs.get("id", name), outputs

    def call(self, args: MockCallArgs) -> Any:
        """Return AWS's answer to a call of the program."""
        topic = "arn:{partition}:sns:{region}:{account}:neighbour-events".format_map(self._place)
        answers: dict[str, Any] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getRegion:getRegion": {"region": self._place["region"]},
            "aws:ssm/getParameter:getParameter": {"insecureValue": topic},
            **self._answers,
        }
        return answers[args.token]
