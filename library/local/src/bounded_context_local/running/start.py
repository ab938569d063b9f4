"""Start of a local run, or discovery of a kept run (`--keep`), and deployment of the repository's context."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psutil

import bounded_context_infra as infra
from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat
from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.package import PackageError, build_local
from bounded_context_infra.configuration.labels import Labels
from bounded_context_infra.configuration.project import Project, syntax_errors

from ..actors.partner import NAME, Partner, SftpPartner
from ..actors.subscriber import neighbours
from ..emulator.aws import Aws
from ..emulator.process import Endpoints, emulator_python, published_endpoints, read_endpoints, running_emulator
from ..provider import creation, deploy, program
from ..provider.program import NO_SETTINGS, STACK, Progress
from ..stand_ins import Scanner, TraceDaemon, listening, serving_systems
from .context import RunningContext

if TYPE_CHECKING:
    from ..actors.partner_server import PartnerServer

Stage = Callable[[str], AbstractContextManager[Any]]

Proxy = Callable[[Aws], AbstractContextManager[Any]]
"""Serves a proxy at the emulator's `proxy_port` until the block ends."""


@contextmanager
def running_context(
    project: Project,
    stage: Stage = nullcontext,
    progress: Progress = lambda *_: None,
    settings: Mapping[str, object] = NO_SETTINGS,
    join: Endpoints | None = None,
    proxy: Proxy | None = None,
    partner: str = NAME,
    region: str = "",
) -> Iterator[RunningContext]:
    """Start an emulator, deploy the context onto it, yield the context, and always stop everything.

    On a joined emulator, the deployed resources remain until the run that started the emulator ends.

    Args:
        project: the context's repository.
        stage: returns a context manager for each stage: "package", "emulator", "deploy".
        progress: called with the type and the name of each created resource.
        settings: stack settings for this run, such as `{"max_list_mb": 1}`.
        join: the run of another context, whose emulator and region this run uses.
        proxy: a proxy for all calls of the functions.
        partner: the partner who uploads lists, in its format.
        region: the region of the emulator, by default that of the stack's file.

    Raises:
        LocalRunError: a stage failed; the message gives the reason.
    """
    with ExitStack() as cleanup, ExitStack() as services:
        with stage("package"):
            _package(project)
        with stage("emulator"):
            traces = services.enter_context(listening())
            aws = services.enter_context(
                _join_emulator(project, join, traces) if join else _start_emulator(project, traces, proxy, region)
            )
        systems = services.enter_context(serving_systems(project))
        servers = services.enter_context(_serving_partners(project, settings))
        with stage("deploy"):
            more = {**settings, **({"systems": systems} if systems else {}), **_addresses(project, settings, servers)}
            running = _deploy(project, aws, traces, progress, more, partner, servers)
            _store_secrets(aws, running, servers)
        running.systems = systems
        cleanup.callback(running.stop)
        services.callback(running.end)  # before the emulator ends, so no reader waits at its queue
        yield running


@contextmanager
def _serving_partners(project: Project, settings: Mapping[str, object]) -> Iterator[Mapping[str, "PartnerServer"]]:
    """Serve the own server of each partner of the stack that has one; yield the servers by partner."""
    with ExitStack() as servers:
        yield {
            name: servers.enter_context(_serving(values["deliver"]))
            for name, values in (program.values(project, settings).get("partners") or {}).items()
            if values.get("deliver")
        }


def _serving(address: str) -> AbstractContextManager["PartnerServer"]:
    # The import is slow, and most stacks have no such partner.
    from ..actors.partner_server import serving_partner

    return serving_partner(urlsplit(address).path)


def _addresses(
    project: Project, settings: Mapping[str, object], servers: Mapping[str, "PartnerServer"]
) -> dict[str, object]:
    """Return the partners of the stack, with the addresses and keys of the servers of this run."""
    partners = program.values(project, settings).get("partners") or {}
    own = {name: {**values, **(servers[name].setting if name in servers else {})} for name, values in partners.items()}
    return {"partners": own} if servers else {}


def _store_secrets(aws: Aws, running: RunningContext, servers: Mapping[str, "PartnerServer"]) -> None:
    """Store the users of the servers in the secrets of the connectors, as a person does."""
    secrets = running.deployment.physical_ids("aws:secretsmanager/secret:Secret")
    for name, server in servers.items():
        aws.call("secretsmanager", "put_secret_value", SecretId=secrets[f"deliver-{name}"], SecretString=server.secret)


def _package(project: Project) -> None:
    if broken := next(syntax_errors(project.root, project.sources), ""):
        raise LocalRunError(broken)
    try:
        build_local(project, emulator_python(project.build))
    except PackageError as error:
        raise LocalRunError(str(error)) from error


@contextmanager
def _start_emulator(project: Project, traces: TraceDaemon, proxy: Proxy | None, region: str) -> Iterator[Aws]:
    """Start an emulator with its stand-ins."""
    python, place = emulator_python(project.build), region or program.region(project)
    with running_emulator(python, place, traces.address, _preload, proxied=proxy is not None) as emulator:
        aws = Aws(emulator)
        with proxy(aws) if proxy else nullcontext():
            yield aws


def _preload() -> None:
    """Import the modules of the deployment: `pulumi_aws` with the components."""
    for component in infra.__all__:
        getattr(infra, component)


@contextmanager
def _join_emulator(project: Project, run: Endpoints, traces: TraceDaemon) -> Iterator[Aws]:
    """Use the emulator of another run."""
    aws = Aws(replace(run.emulator, trace_address=traces.address, joined=True))
    if problem := _in_the_way(project.context, aws):
        raise LocalRunError(problem)
    yield aws


def _in_the_way(context: Context[Any], aws: Aws) -> str:
    """Return why this context cannot be deployed onto a joined emulator; empty if it can.

    Resource names contain the context, so only the same context twice causes a conflict.
    """
    labels, title = Labels(context.name, STACK, context.owner), context.title
    if labels.name("table") in aws.call("dynamodb", "list_tables")["TableNames"]:
        return (
            f"{title} is on that emulator already, and its resources remain there: end the run that started the "
            "emulator, start it again, and join it once."
        )
    if creation.parameter_value(aws, labels.parameter("topic-arn")) is not None:
        return (
            f"Another run stands in for {title} on that emulator, because it consumes its events: start {title} first, "
            "and let the other run join."
        )
    return ""


def _deploy(
    project: Project,
    aws: Aws,
    traces: TraceDaemon,
    progress: Progress,
    more: Mapping[str, object],
    uploader: str,
    servers: Mapping[str, "PartnerServer"],
) -> RunningContext:
    settings, partners = program.settings(project, more), program.values(project, more).get("partners") or {}
    consumed = neighbours(aws, project.context, settings)
    for neighbour in consumed:
        neighbour.create_missing_topic(STACK)
    partner = _partner(aws, project.context, settings, uploader)
    deployment = deploy(aws, project.service, STACK, {**more, **partner.authorized(partners)}, progress)
    partner.outputs = deployment.outputs
    partner.scanner = Scanner(aws) if settings.get("malware") == "guardduty" else None
    running = RunningContext(project, aws, deployment, partner, traces, consumed, _formats(project.context, partners))
    running.servers = servers
    deployment.adapted += running.stand_ins
    if not aws.emulator.joined:  # a joined context gets references by events
        running.table.know_references(running.samples.known_references())
    return running


def _formats(context: Context[Any], partners: Mapping[str, Any]) -> dict[str, FileFormat]:
    """Return the formats of lists of the partners whose files are not plain. The deployment has checked them."""
    own = {name: values["format"] for name, values in partners.items() if values.get("format")}
    return {name: context.rows.of_lists(FileFormat(**values)) for name, values in own.items()}


def _partner(aws: Aws, context: Context[Any], settings: Mapping[str, str], name: str = NAME) -> Partner:
    """Return the partner of this run, who uploads lists in the way that the stack is configured for.

    A context without lists has a partner who uploads nothing.
    """
    without_server = settings.get("sftp") == "none" or not context.has_lists
    return Partner(aws, name) if without_server else SftpPartner(aws, name=name)


_START: Final = "start one with `uv run context run --keep`"


def api_page_file(project: Project) -> Path:
    """Return the path of the kept run's API page. The file exists while a run with an API is kept."""
    return project.build / "kept-api.html"


def published(project: Project, ours: Endpoints) -> AbstractContextManager[None]:
    """Publish this run to the repository's commands until the end of the block. Each run has its own file."""
    return published_endpoints(project.build / f"kept-run-{os.getpid()}-{ours.emulator.port}.json", ours)


def find(project: Project) -> Endpoints:
    """Return the endpoints of the repository's kept run; of several runs, those of the latest that answers.

    Raises:
        LocalRunError: no run is kept, or no kept run answers.
    """
    problem = f"No run is kept here: {_START}."
    for file in _files(project):
        try:
            return read_endpoints(file)
        except LocalRunError as error:
            problem = f"The kept run does not answer ({error}): {_START}."
    raise LocalRunError(problem)


def _files(project: Project) -> list[Path]:
    """Return the endpoints files of running processes, the latest first. Delete the files of killed processes."""
    times = dict[Path, int]()
    for file in project.build.glob("kept-run-*-*.json"):
        if not psutil.pid_exists(int(file.name.split("-")[2])):
            file.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError):  # its run has ended
            times[file] = file.stat().st_mtime_ns
    return sorted(times, key=times.__getitem__, reverse=True)
