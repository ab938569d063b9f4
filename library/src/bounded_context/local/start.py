"""Starts an emulator, or joins one, and deploys the context of a repository onto it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from importlib import import_module
from typing import Any

from .. import infra
from ..context import Context
from ..infra.labels import Labels
from ..package import PackageError, build_local
from ..project import Project
from . import metrics, stack
from .aws import Aws
from .codedeploy import running_codedeploy
from .deploy import deploy, ssm
from .deploy.program import Progress
from .emulator import running_emulator
from .endpoints import Endpoints
from .environment import emulator_python
from .errors import LocalRunError
from .neighbour import neighbours
from .observation.daemon import TraceDaemon, listening
from .partner import Partner
from .partner_bucket import BucketPartner
from .partner_sftp import SftpPartner
from .running import RunningContext
from .stack import NO_SETTINGS, STACK
from .statements import running_statements

Stage = Callable[[str], AbstractContextManager[Any]]


@contextmanager
def running_context(
    project: Project,
    stage: Stage = nullcontext,
    progress: Progress = lambda *_: None,
    settings: Mapping[str, object] = NO_SETTINGS,
    join: Endpoints | None = None,
) -> Iterator[RunningContext]:
    """Start an emulator, deploy the context onto it, yield it, and stop all of it, whatever happens in between.

    On an emulator that is joined, what was deployed stays until the run that started it ends.

    Args:
        project: the context's repository.
        stage: gives a context manager for each stage by its name: "package", "emulator", "deploy".
        progress: told the type and name of each resource that was made.
        settings: stack settings of this run alone, such as `{"max_list_mb": 1}`.
        join: another context's run, whose emulator is taken instead of a new one, in its region.

    Raises:
        LocalRunError: one of them failed; the message says why.
    """
    with ExitStack() as ended, ExitStack() as begun:
        with stage("package"):
            _package(project)
        with stage("emulator"):
            traces = begun.enter_context(listening())
            aws = begun.enter_context(_joined(project, join, traces) if join else _started(project, traces))
        with stage("deploy"):
            running = _deployed(project, aws, traces, progress, settings)
        ended.callback(running.stop)
        begun.callback(running.end)  # so that nobody waits at a queue whose emulator has ended
        yield running


def _package(project: Project) -> None:
    try:
        build_local(project, emulator_python(project.build))
    except PackageError as error:
        raise LocalRunError(str(error)) from error


@contextmanager
def _started(project: Project, traces: TraceDaemon) -> Iterator[Aws]:
    """Start an emulator, and what runs beside it."""
    python, region = emulator_python(project.build), stack.region(project)
    with running_emulator(python, region, traces.address, _import_what_comes_next) as emulator:
        aws = Aws(emulator)
        with _releases(aws), running_statements(aws):
            yield aws


def _import_what_comes_next() -> None:
    """Import what deploying needs: `pulumi_aws` with the components, and moto for CodeDeploy."""
    import_module("moto.codedeploy.responses")
    for component in infra.__all__:
        getattr(infra, component)


@contextmanager
def _joined(project: Project, run: Endpoints, traces: TraceDaemon) -> Iterator[Aws]:
    """Take the emulator of another run."""
    aws = Aws(replace(run.emulator, trace_address=traces.address, joined=True))
    if problem := _in_the_way(project.context, aws):
        raise LocalRunError(problem)
    yield aws


def _in_the_way(context: Context[Any], aws: Aws) -> str:
    """Return why this context cannot be deployed onto an emulator that others are on; empty if it can.

    Names have the context in them: two contexts are no trouble to one another, one context twice is.
    """
    labels, title = Labels(context.name, STACK, context.owner), context.title
    if labels.name("table") in aws.call("dynamodb", "list_tables")["TableNames"]:
        return (
            f"{title} is on that emulator already, and what a run deploys there stays: end the run that began it, "
            "start that again, and join it once."
        )
    if ssm.found(aws, labels.parameter("topic-arn")) is not None:
        return (
            f"Another run stands in for {title} on that emulator, to hear of it: start {title} first, and let "
            "that one join."
        )
    return ""


@contextmanager
def _releases(aws: Aws) -> Iterator[None]:
    """Run what a release needs and the emulator lacks."""

    def act_as(role: str) -> Callable[[str], Any]:
        return aws.acting_as(role).client

    port = aws.emulator.codedeploy_port
    with running_codedeploy(act_as, aws.region, aws.account, port=port), metrics.treating_missing_data(aws):
        yield


def _deployed(
    project: Project, aws: Aws, traces: TraceDaemon, progress: Progress, more: Mapping[str, object]
) -> RunningContext:
    settings = stack.settings(project, more)
    heard = neighbours(aws, project.context, settings)
    for neighbour in heard:
        neighbour.stand_in(STACK)
    partner = _partner(aws, settings)
    deployment = deploy(aws, project.service, STACK, {**partner.settings, **more}, progress)
    partner.outputs = deployment.outputs
    running = RunningContext(project, aws, deployment, partner, traces, heard)
    deployment.adapted += running.stand_ins
    if not aws.emulator.joined:  # there, other contexts may tell of them
        running.table.know_references(running.samples.known_references())
    return running


def _partner(aws: Aws, settings: Mapping[str, str]) -> Partner:
    """Return the partner of this run, who brings lists in the way that the stack has them arrive."""
    return BucketPartner(aws) if settings.get("sftp") == "none" else SftpPartner(aws)
