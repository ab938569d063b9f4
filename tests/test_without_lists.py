"""A context without lists: what it deploys, what a leftover of lists says, what it costs, and how it runs."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from bounded_context_infra.configuration.labels import roles
from graphs.record import DEFAULT, GOLDEN, Recording, record

from template.bake import bake
from template.processes import environment

DEV_USD = 3.0
"""The most that the stack ``dev`` may cost in a month without traffic."""

PROMISE = "without and part"
PROGRAM, STEPS = "infra/service/__main__.py", "src/payment/list_steps.py"
_OF_LISTS = re.compile(r"aws:(transfer|sfn)/|:infra:(Inbox|Workflow|ListAlarms)|::(inbox|lists|list-import|uploads)\b")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default answers, but without lists."""
    return bake(tmp_path_factory.mktemp("without"), {"lists": "none"})


def ran(project: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python module in a repository, on the packages of these tests."""
    variables = environment() | {"PYTHONPATH": f"{project / 'src'}:{project}"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, check=False)


def context(project: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command ``context`` in a repository."""
    return ran(project, "bounded_context_cli.command", *words)


def of_lists(urns: Iterable[str]) -> set[str]:
    """The resources of lists."""
    return {urn for urn in urns if _OF_LISTS.search(urn)}


def _roles(urns: Iterable[str]) -> set[str]:
    """The names of the roles that are not a function's."""
    return {urn.rpartition("::")[2] for urn in urns if "iam/role:Role" in urn and ":infra:Function$" not in urn}


@pytest.mark.slow
def test_no_stack_has_a_resource_of_lists(project: Path, tmp_path: Path) -> None:
    """No transfer, no state machine, no inbox and no alarm on lists; with lists, the same search finds each of them."""
    record(Recording(project, tmp_path))
    graphs = (json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("service-*.json"))
    urns = {urn for graph in graphs for urn in graph["resources"]}
    assert of_lists(urns) == set()
    assert _roles(urns) == roles(lists=False, backup="none", malware="none", partners=())
    resources = of_lists((GOLDEN / DEFAULT / "service-prod.txt").read_text(encoding="utf-8").split())
    kinds = ("aws:transfer/", "aws:sfn/", "infra:Inbox", "infra:ListAlarms", "infra:Workflow")
    assert [kind for kind in kinds if not any(kind in urn for urn in resources)] == []


LEFT: Mapping[str, tuple[str, str, str]] = {
    "an inbox": (PROGRAM, "finish(", 'from bounded_context_infra import Inbox\n\nInbox("inbox", stack)\nfinish('),
    "the steps": (STEPS, "", '"""Steps of lists."""\n'),
    "a setting": ("infra/service/Pulumi.prod.yaml", "config:\n", "config:\n  payment:partners: {}\n"),
}


@pytest.mark.parametrize(
    "leftover",
    [
        pytest.param("an inbox", marks=pytest.mark.slow),
        *(pytest.param(leftover, marks=pytest.mark.nightly) for leftover in ("the steps", "a setting")),
    ],
)
def test_a_leftover_of_lists_is_detected(leftover: str, tmp_path: Path) -> None:
    """By the repository's own tests, with the place in the sentence."""
    project = bake(tmp_path, {"lists": "none", "api": "none"})
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "pyproject.toml", "-k", PROMISE)
    assert ran(project, *tests).returncode == 0
    name, before, after = LEFT[leftover]
    text = (project / name).read_text(encoding="utf-8") if (project / name).exists() else ""
    (project / name).write_text(text.replace(before, after, 1), encoding="utf-8")
    result = ran(project, *tests)
    assert result.returncode == 1
    assert {"an inbox": "has Inbox with", "the steps": STEPS, "a setting": "partners is a setting of lists"}[
        leftover
    ] in result.stdout


@pytest.mark.slow
def test_an_idle_dev_stack_costs_at_most_its_bound(project: Path, payment: Path) -> None:
    """By `context cost`, which counts no rows then; every other stack costs less than with lists, too."""
    without, with_lists = (
        json.loads(process.stdout)
        for process in (context(repository, "cost", "--json") for repository in (project, payment))
    )
    assert without["dev"]["idle_month"] <= DEV_USD
    assert {line["part"] for line in without["dev"]["lines"]} == {"idle_month", "storage_month"}
    assert [stack for stack in with_lists if without[stack]["idle_month"] >= with_lists[stack]["idle_month"]] == []


@pytest.mark.e2e
def test_a_run_without_lists_follows_commands_events_and_inbound_events(project: Path) -> None:
    """Each subscriber receives the event of each accepted command, and an event of another context is stored."""
    result = context(project, "run", "--json")
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["outcome"], set(said["events"].values())) == ("CALLED", {4})
    answers = [(action["sent"].split(" ")[0], action["back"].split(" ")[0]) for action in said["additions"]]
    assert answers[:6] == [
        *(("POST", "201"), ("POST", "409"), ("GET", "200")),
        *(("POST", "201"), ("POST", "200"), ("DELETE", "200")),
    ]
    assert [action["back"] for action in said["additions"][6:]] == [
        "subscription-1 is stored as KNOWN",
        "0 event source mappings fail",
    ]


@pytest.mark.e2e
@pytest.mark.parametrize(("words", "option"), [(("--rows", "5"), "--rows"), (("--trace", "id-1"), "--trace")])
def test_options_of_lists_are_refused(project: Path, words: tuple[str, ...], option: str) -> None:
    """Before anything is started."""
    result = context(project, "run", *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{option} is an option of lists" in result.stderr


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize(
    "words",
    [("e2e",), ("rehearse", "--json"), ("rehearse", "region", "--json"), ("smoke-account", "--emulator", "--json")],
)
def test_releases_and_the_test_of_an_account_need_no_lists(project: Path, words: tuple[str, ...]) -> None:
    """The rollout has no state machine, and the account's test sends commands instead of rows."""
    result = context(project, *words)
    assert result.returncode == 0, result.stdout + result.stderr
