"""The outputs of a stack: the last line of its program exports them, and finds resources that no dashboard shows."""

from pathlib import Path

import pulumi
import pytest

from bounded_context_cli.promises import Repository as Repo
from bounded_context_cli.promises.program import READ, READ_OF_LISTS, the_program_exports_its_outputs
from bounded_context_infra.configuration.project import current

from .graph import Graph, run
from .test_team import MAIN, Repository

FINISH = "finish(stack, table, fanout, inbound, inbox, functions, live, workflow)\n"
OBSERVABILITY = "observability = Observability("
EXPORT = "export_outputs(components"
LONG = f"""components = Components(stack, table, fanout, inbound, inbox, functions, live, workflow)
{OBSERVABILITY}components)
{EXPORT}, observability)
"""
"""The lines of a program of 0.4.0, which `finish` replaces."""


@pytest.fixture
def program(tmp_path: Path) -> Repository:
    """The program as it is baked."""
    return Repository(tmp_path)


@pytest.fixture
def repository(program: Repository) -> Repository:
    """A program with the lines of 0.4.0."""
    program.replace(MAIN, "    finish,\n", "    Components,\n    Observability,\n    export_outputs,\n")
    program.replace(MAIN, FINISH, LONG)
    return program


def test_the_lines_of_earlier_programs_make_the_same_resources(repository: Repository) -> None:
    """And export the same outputs."""
    long, short = repository.run(), run("prod")
    assert _names(long) == _names(short)
    assert long.outputs.keys() == short.outputs.keys()


def _names(graph: Graph) -> list[tuple[str, str]]:
    return sorted((node.kind, node.name) for node in graph.nodes)


def _imports(repository: Repository, *names: str) -> None:
    repository.replace(
        MAIN, "from bounded_context_infra import (\n", f"from bounded_context_infra import (\n    {', '.join(names)},\n"
    )


LATE = {
    "queue invoices": ("WorkQueue", 'WorkQueue("invoices", stack, timeout=10)'),
    "endpoint late": ("HttpApi", 'HttpApi("late", stack, live)'),
    "alarm late": (
        "Metric, Notice, When, alarm",
        'notice = Notice("warning", "effect", "section")\n'
        'alarm(table, stack.alerts, "late", notice, Metric("a", "b", {}, "Sum"), When(1))',
    ),
}
"""By its name in the error: names to import, and a line that makes it."""


@pytest.mark.parametrize("late", LATE)
def test_a_resource_declared_after_the_dashboards_is_an_error_with_its_name(repository: Repository, late: str) -> None:
    names, line = LATE[late]
    if names != "HttpApi":
        _imports(repository, names)
    repository.replace(MAIN, EXPORT, f"{line}\n{EXPORT}")
    with pytest.raises(pulumi.RunError, match=late):
        repository.run()


def test_a_team_that_owns_its_observability_keeps_the_outputs(repository: Repository) -> None:
    """The tools read them: rollout, redrive, the local run, other stacks."""
    own = (
        "class Own:\n"
        "    unhealthy_alarm = None\n"
        "    dashboard_urls = {}\n\n\n"
        "observability = Own()\n"
        "_ = (Observability,"
    )
    repository.replace(MAIN, OBSERVABILITY, own)
    assert repository.run().outputs.keys() == run("prod").outputs.keys()


def test_a_program_without_the_last_line_has_no_outputs(program: Repository) -> None:
    """The promise about outputs finds it."""
    program.replace(MAIN, FINISH, "")
    where = Repo(current())
    where.__dict__["graph"] = program.run()
    assert len(list(the_program_exports_its_outputs(where))) == len((*READ, *READ_OF_LISTS))
