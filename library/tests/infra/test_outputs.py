"""The outputs of a stack: the last line of its program exports them, and finds resources that no dashboard shows."""

from pathlib import Path

import pulumi
import pytest

from bounded_context.configuration.project import current
from bounded_context.testing.promises import Repository as Repo
from bounded_context.testing.promises.program import READ, READ_OF_LISTS, the_program_exports_its_outputs

from .graph import run
from .test_team import MAIN, Repository

OBSERVABILITY = "observability = Observability("
EXPORT = "export_outputs(components"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def _imports(repository: Repository, *names: str) -> None:
    repository.replace(
        MAIN, "from bounded_context.infra import (\n", f"from bounded_context.infra import (\n    {', '.join(names)},\n"
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
def test_what_is_made_after_the_dashboards_is_an_error_with_its_name(repository: Repository, late: str) -> None:
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


def test_a_program_without_the_last_line_has_no_outputs(repository: Repository) -> None:
    """The promise about outputs finds it."""
    repository.replace(MAIN, EXPORT, "_ = (export_outputs, components")
    where = Repo(current())
    where.__dict__["graph"] = repository.run()
    assert len(list(the_program_exports_its_outputs(where))) == len((*READ, *READ_OF_LISTS))
