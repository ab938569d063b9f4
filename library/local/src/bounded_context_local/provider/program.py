"""Execution of the infrastructure program under Pulumi's mock monitor, for the stack `local`."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime import test as until_done

from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.programs import RESOURCE_TYPES, pulumi_files
from bounded_context_cli.programs.pulumi_files import as_text, project_name
from bounded_context_cli.programs.pulumi_program import execute, little_garbage, placed_in, silent_loop
from bounded_context_cli.programs.recording import REGION, Program, UniqueMonitor, placed_resources
from bounded_context_cli.programs.requests import KINDS, Inputs, plain
from bounded_context_infra.configuration.config import AWS, partition_of
from bounded_context_infra.configuration.project import Project

from ..emulator.aws import Aws
from . import creation
from .creation import Created, Request, Resource


def _resource(kind: str, entry: Inputs) -> Resource:
    """Return a type of the file, with the functions that `adapt` and `settle` name."""
    functions = {key: [getattr(creation, name) for name in entry.get(key, [])] for key in ("adapt", "settle")}
    return Resource.model_validate({**entry, **functions, "calls": KINDS[kind]})


RESOURCES: Final = {kind: _resource(kind, entry["local"]) for kind, entry in RESOURCE_TYPES.items() if "local" in entry}
"""By the type without its package: `sqs/queue` is Pulumi's `aws:sqs/queue:Queue`."""


def type_of(kind: str) -> str:
    """Return the type without its package and class, such as `sqs/queue`."""
    return kind.split(":")[1]


def create(aws: Aws, request: Request) -> Created:
    """Create a resource of a supported type, and return its id and its outputs.

    Raises:
        Untranslatable: the operation has no parameter for an input.
    """
    return RESOURCES[type_of(request.kind)].create(aws, request)


Progress = Callable[[str, str], None]
PROVIDER = "pulumi:providers:"


@dataclass
class Deployment:
    """The resources that a program registered, and their state on the embedded AWS."""

    outputs: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    """Physical ids, by `type name`."""
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Inputs of the resources, by `type name`, with Pulumi's property names."""
    not_emulated: list[str] = field(default_factory=list)
    """`type name` of each resource that the embedded AWS does not support."""
    adapted: list[str] = field(default_factory=list)
    """Differences from AWS, as `type name: difference, with its reason`."""

    def physical_ids(self, kind: str) -> dict[str, str]:
        """Return the physical ids of a type's resources, by their names in the program."""
        prefix = f"{kind} "
        return {
            label.removeprefix(prefix): physical_id
            for label, physical_id in self.resources.items()
            if label.startswith(prefix)
        }


def deploy(
    aws: Aws, program: Path, stack: str, overrides: Mapping[str, object], progress: Progress = lambda *_: None
) -> Deployment:
    """Run the Pulumi program in a folder, and create its resources.

    Args:
        aws: the account of the resources.
        program: the folder of `Pulumi.yaml` and `__main__.py`; asset paths are relative to it.
        stack: the stack, with its settings in `Pulumi.<stack>.yaml`.
        overrides: settings of the project for this run, such as a generated key.
        progress: called with the type and the name of each created resource.

    Raises:
        LocalRunError: a resource could not be created; the message names it.
    """
    maker = _Maker(aws, program.resolve(), progress)
    project = project_name(program)
    config = {**Program(program, project).config(stack, **overrides), "aws:region": aws.region}
    _in_a_thread(lambda: _run(maker, project, stack, config))
    return maker.deployment


def _in_a_thread(run: Callable[[], None]) -> None:
    """Run in a new thread: Pulumi stores state in the context, and Ctrl-C disturbs its event loops."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="deploy")
    try:
        pool.submit(run).result()
    finally:
        pool.shutdown(wait=False)


def _run(maker: "_Maker", project: str, stack: str, config: dict[str, str]) -> None:
    try:
        with silent_loop(), chdir(maker.program), little_garbage(), placed_resources(maker.program):
            set_all_config(config)
            set_mocks(maker, project=project, stack=stack, preview=False, monitor=_Monitor(maker))
            until_done(lambda: execute(maker.program).apply(maker.deployment.outputs.update))()
    except Exception as error:
        raise maker.failure or LocalRunError(placed_in(maker.program, error)) from error


class _Maker(Mocks):
    """Pulumi's engine calls, answered by creating resources on the embedded AWS."""

    def __init__(self, aws: Aws, program: Path, progress: Progress) -> None:
        self.aws = aws
        self.program = program
        self.progress = progress
        self.deployment = Deployment()
        self.failure: LocalRunError | None = None
        self._recording = threading.Lock()

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create the resource, or list it as not emulated."""
        inputs = plain(args.inputs)
        if not args.custom or args.typ.startswith(PROVIDER):
            return args.name, inputs
        self.deployment.inputs[f"{args.typ} {args.name}"] = inputs
        if type_of(args.typ) not in RESOURCES:
            self.deployment.not_emulated.append(f"{args.typ} {args.name}")
            arn = f"arn:aws:not-emulated:{self.aws.region}:{self.aws.account}:{args.typ}/{args.name}"
            return args.name, {"arn": arn} | inputs
        identity, outputs = self._make(Request(args.typ, args.name, inputs, self.program))
        return identity, inputs | outputs

    def _make(self, request: Request) -> Created:
        label = f"{request.kind} {request.name}"
        try:
            created = create(self.aws, request)
        except Exception as error:
            self.failure = self.failure or LocalRunError(f"{label} could not be created: {error}")
            raise
        with self._recording:
            self.deployment.resources[label] = created[0]
            self.deployment.adapted += [f"{label}: {difference}" for difference in request.adapted]
            self.progress(request.kind, request.name)
        return created

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer the program's calls about its account, region and parameters. Reject other calls."""
        try:
            return self._answer(args), []
        except LocalRunError as error:
            self.failure = self.failure or error
            raise

    def _answer(self, args: MockCallArgs) -> dict[str, Any]:
        match args.token.rpartition(":")[2]:
            case "getCallerIdentity":
                identity = self.aws.call("sts", "get_caller_identity")
                return {"accountId": identity["Account"], "arn": identity["Arn"], "userId": identity["UserId"]}
            case "getRegion":
                return {"name": self.aws.region, "region": self.aws.region, "id": self.aws.region}
            case "getPartition":
                return {"partition": "aws", "dnsSuffix": "amazonaws.com", "id": "aws"}
            case "getParameter":
                name = args.args["name"]
                value = creation.read(self.aws, name)
                return {"id": name, "name": name, "value": value, "insecureValue": value}
            case _:
                raise LocalRunError(f"the program calls {args.token}, which is not emulated")


class _Monitor(UniqueMonitor):
    """A monitor that refuses the second resource with a URN before it is created."""

    def __init__(self, maker: _Maker) -> None:
        super().__init__(maker)
        self._maker = maker

    def require_new(self, request: Any) -> None:
        super().require_new(request)
        if self.duplicate:
            self._maker.failure = LocalRunError(self.duplicate)
            raise self._maker.failure


STACK: Final = pulumi_files.LOCAL

NO_SETTINGS: Final[Mapping[str, object]] = MappingProxyType({})


def region(project: Project) -> str:
    """Return the region in the stack's file, or one of the partition `aws`, the only one that is emulated."""
    configured = as_text(pulumi_files.config(project.service, STACK)["aws:region"])
    return configured if partition_of(configured) == AWS else REGION


def settings(project: Project, more: Mapping[str, object]) -> dict[str, str]:
    """Return the settings in the stack's file, overridden by `more`, as text and without their namespace."""
    return {name: as_text(value) for name, value in values(project, more).items()}


def values(project: Project, more: Mapping[str, object]) -> dict[str, Any]:
    """Return the settings in the stack's file, overridden by `more`, without their namespace."""
    return pulumi_files.settings(project.service, STACK) | dict(more)
