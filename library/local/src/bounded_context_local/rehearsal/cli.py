"""`context rehearse`: releases, a restore, a lost region and a storm of faults on the embedded AWS, with traffic."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, Literal

from rich.table import Table
from typer import Argument, BadParameter, Option

from bounded_context_cli.command.installed import of_distribution, repository
from bounded_context_cli.command.terminal import console
from bounded_context_infra.configuration.project import Project

from ..run.screen import RunScreen, exit_status
from ..running.start import running_context
from .acts import ACTS, STRATEGY, Performed, Stage
from .region import LOST_SECONDS, LostRegion
from .restoring import Restoring

EMULATED = (
    "Real here: the Pulumi program, the functions' versions and aliases, the hooks' code, the rollout driver.",
    "Stand-ins: CodeDeploy is an extension of the emulator; callers honour the weights that the emulator stores and "
    "ignores, and put the metrics that Lambda would; a minute lasts a second.",
)

BACKUP: Final = (
    "Stand-ins: a patch of the emulator restores the items of a time, by the records of the table's stream. Callers "
    "honour a concurrency of 0, which the emulator ignores for aliases. The function of deadlines has a "
    "shorter timeout."
)

COPIED: Final = (
    "Real here: the Pulumi program in both regions, the functions, `context restore --from` and `context reseed`.",
    "Stand-ins: an emulator is a region. The run copies the table to the other emulator, as AWS Backup does, and "
    f"{LOST_SECONDS:.0f} s are a day. Callers and the partner use the other address, as after a change of DNS. "
    "The function of deadlines has a shorter timeout.",
)


def rehearse(
    what: Annotated[Literal["releases", "restore", "region", "storm"], Argument(help="the rehearsal")] = "releases",
    fault: Annotated[list[str] | None, Option(metavar="NAME", help="storm: only this fault; may be repeated")] = None,
    seed: Annotated[int, Option(min=0, max=99, help="storm: the seed of the load and of all choices")] = 0,
    only_list: Annotated[bool, Option("--list", help="storm: print the faults, and plant none")] = False,
    as_json: Annotated[bool, Option("--json", help="print the result as JSON")] = False,
) -> int:
    """Rehearse releases, a restore, a lost region or faults on the embedded AWS.

    releases: bad versions are rolled back, a good version takes all traffic. restore: a bad version damages 500 of
    10,000 aggregates, and `context restore` restores them. region: an emulator is killed under load, and a second
    stack continues on another one, from a copy of the table. storm: the expected alarms are checked first. Then each
    fault of the stack's graph is planted under load: functions are killed or hang, services throttle, deny or refuse
    parts of batches, events are repeated, reordered, delayed or unreadable, and actions are revoked.

    Examples:
      context rehearse region
      context rehearse storm --list
      context rehearse storm --fault kill:relay-events --fault throttle:table

    Exit status:
      0    every act ended as expected
      1    an act did not, or the context could not be run
      130  Ctrl-C; everything is stopped
    """
    if what != "storm" and (fault or seed or only_list):
        raise BadParameter("--fault, --seed and --list are options of the storm.")
    screen = RunScreen(quiet=as_json)
    perform = {
        "releases": _rehearse_releases,
        "restore": _rehearse_restore,
        "region": _rehearse_region,
        "storm": partial(_rehearse_storm, fault, seed, only_list),
    }[what]
    return exit_status(lambda: perform(repository(), screen, as_json=as_json), screen)


def _rehearse_storm(
    names: Sequence[str] | None, seed: int, only_list: bool, project: Project, screen: RunScreen, *, as_json: bool
) -> int:
    report = of_distribution("bounded_context_lab.storm")

    report.refuse_unknown_kinds(names)
    graph = report.graph_of(project)
    faults = report.selected(graph, project.context, names)
    if only_list:
        report.show_faults(faults, as_json=as_json)
    problems = report.checked(project, graph, faults, screen)
    if only_list:
        return int(bool(problems))
    return int(report.perform(project, screen, graph, faults, seed, as_json=as_json) or bool(problems))


def _rehearse_restore(project: Project, screen: RunScreen, *, as_json: bool) -> int:
    with running_context(project, screen.stage) as running:
        restored = Restoring(running, screen).perform()
    sys.stdout.write(json.dumps(restored.as_json(), indent=2) + "\n")
    if not as_json:
        sys.stdout.write(f"{BACKUP}\n")
    return screen.fail_each(restored.problems())


def _rehearse_region(project: Project, screen: RunScreen, *, as_json: bool) -> int:
    recovered = LostRegion(project, screen).perform()
    sys.stdout.write(json.dumps(recovered.as_json(), indent=2) + "\n")
    if not as_json:
        sys.stdout.writelines(f"{line}\n" for line in COPIED)
    return screen.fail_each(recovered.problems())


def _rehearse_releases(project: Project, screen: RunScreen, *, as_json: bool) -> int:
    performed = _rehearse(project, screen)
    _show(performed, as_json=as_json)
    return screen.fail_each([problem for result in performed for problem in result.problems()])


def _rehearse(project: Project, screen: RunScreen) -> list[Performed]:
    with running_context(project, screen.stage, settings={"rollout_strategy": STRATEGY}) as running:
        stage = Stage(running)
        performed: list[Performed] = []
        for number, act in enumerate(ACTS, 1):
            screen.tell(f"\nAct {number}: {act.name}")
            performed.append(stage.perform(act))
        return performed


def _show(performed: Sequence[Performed], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([result.as_json() for result in performed], indent=2) + "\n")
        return
    title = f"Strategy {STRATEGY}, with minutes of a second"
    table = Table("act", "versions", "result", "live", "calls", "met the new one", "failed", title=title)
    for result in performed:
        numbers = (str(len(result.calls)), str(result.met), str(result.failed))
        versions = f"{result.before} -> {result.released}"
        table.add_row(result.act.name, versions, result.part["result"], result.part["live"], *numbers)
    out = console()
    out.print(table)
    for result in performed:
        if result.part["why"]:
            out.print(f"{result.act.name}: {result.part['why']}", markup=False, soft_wrap=True)
    out.print(*EMULATED, sep="\n", markup=False, soft_wrap=True)
