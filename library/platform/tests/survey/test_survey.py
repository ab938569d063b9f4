"""What is found in a repository: the default one, and copies of it in which something is other or wrong."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.programs.recording import service
from bounded_context_infra.configuration.project import current
from tests import console

ROLES = """\
    - name: prod
      roles: {preview: "arn:aws:iam::111122223333:role/preview", shift: "arn:aws:iam::111122223333:role/shift"}
"""
BESIDE = """
from bounded_context import EventData, PreviousVersion

BESIDE = PreviousVersion(data=EventData, versions={"PaymentVerified": "1.0"}, convert=dict, ready=("bi",))
"""
Of = Callable[[Callable[[Path], None]], dict[str, Any]]

QUEUE = """
from pulumi_aws import sqs

sqs.Queue("reminders", tags=stack.labels.tags)
"""
WAIVER = """
[[tool.bounded-context.waivers]]
policy = "data-is-encrypted"
resource = "reminders"
reason = "They hold no data at all."
"""
PROD = """
  payment:filters: {bi: [PaymentVerified]}
  payment:subscriber_accounts: ["444455556666"]
  payment:consumes: {order: {topic: /order/prod/topic-arn, created_by: [OrderPlaced]}}
"""
PROGRAM, CONTEXT = "infra/service/__main__.py", "src/payment/context.py"


ROUTES = '''
from pydantic import BaseModel

from bounded_context.handlers import route
from payment.context import PAYMENT


class Total(BaseModel):
    rows: int


@route(PAYMENT, "GET /totals", deprecated="2026-12-01/2999-01-31")
def total() -> Total:
    """Return the total."""
    return Total(rows=0)
'''


def _as_it_is(_: Path) -> None:
    pass


def _placed(repository: Path) -> None:
    _replace(repository / "infra/pipeline/Pulumi.main.yaml", "    - name: prod\n", ROLES)
    _add(repository / "infra/service/Pulumi.prod.yaml", PROD)


def _with_two_versions(repository: Path) -> None:
    (repository / "src/payment/events.py").write_text(BESIDE, encoding="utf-8")
    _replace(repository / CONTEXT, "from .model import", "from .events import BESIDE\nfrom .model import")
    _replace(
        repository / CONTEXT,
        "references=",
        'versions={"PaymentVerified": "2.0"}, previous_version=BESIDE, '
        'deprecated={"PaymentVerified.1": "2999-01-31", "verify_payment": "2026-12-01/2999-01-31"}, references=',
    )
    (repository / "src/payment/routes.py").write_text(ROUTES, encoding="utf-8")


def _breaking(repository: Path) -> None:
    _add(repository / PROGRAM, QUEUE + 'print("here I am")\n')


def _waiving(repository: Path) -> None:
    _breaking(repository)
    _add(repository / "pyproject.toml", WAIVER)


def _that_does_not_import(repository: Path) -> None:
    (repository / CONTEXT).write_text("import nowhere\n", encoding="utf-8")


def _that_ends_its_process(repository: Path) -> None:
    (repository / PROGRAM).write_text("import os\n\nos._exit(3)\n", encoding="utf-8")


def _that_names_no_context(repository: Path) -> None:
    (repository / "pyproject.toml").write_text("[project]\n", encoding="utf-8")


CHANGES = (
    *(_as_it_is, _placed, _with_two_versions, _breaking, _waiving),
    *(_that_does_not_import, _that_ends_its_process, _that_names_no_context),
)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def _add(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """What the command says of copies of the default repository, each with one of the changes."""
    folders = [tmp_path_factory.mktemp("surveyed") / "payment" for _ in CHANGES]
    for folder, change in zip(folders, CHANGES, strict=True):
        shutil.copytree(current().root, folder, ignore=shutil.ignore_patterns(".venv", "build", "vendor"))
        change(folder)
    # Not in this process, where Pulumi may have run: the threads that it began are in no process that is forked of it.
    command = [console.PROGRAM, "survey", *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603


@pytest.fixture(scope="module")
def of(said: "subprocess.CompletedProcess[str]") -> Of:
    """What is found in the copy with a change."""
    repositories: dict[Any, dict[str, Any]] = dict(zip(CHANGES, json.loads(said.stdout)["repositories"], strict=True))
    return lambda change: repositories[change]


def test_the_survey_has_declaration_stacks_and_resources(of: Of) -> None:
    """Only stacks that are deployed to AWS, and as many resources of each kind as production registers."""
    report, context, graph = of(_as_it_is), current().context, service().run("prod")
    assert "error" not in report
    assert (report["name"], report["owner"]) == (context.name, context.owner)
    assert report["publishes"] == {event: [event] for event in sorted(context.events)}
    assert sorted(report["schemas"]) == sorted(context.schema_of(event) for event in context.events)
    assert sorted(report["stacks"]) == ["dev", "prod", "staging"]
    assert report["resources"]["sqs/queue"] == len(graph.of("sqs/queue"))
    assert sum(report["resources"].values()) == len(graph.nodes)
    assert report["policies"] == {}
    assert report["cost"]["idle_month"] > 0
    assert all(" Runbook: " in text for text in report["alarms"].values())


def test_the_survey_has_the_aggregate_and_its_commands(of: Of) -> None:
    """As a catalogue shows them: statuses, routes, events, and summaries."""
    report, context = of(_as_it_is), current().context
    assert report["aggregate"]["statuses"] == [status.value for status in context.statuses]
    assert report["aggregate"]["identity"] == context.identity
    assert [command["event"] for command in report["commands"]] == list(context.changes)
    routes = [each["route"] for each in (*report["commands"], *report["queries"])]
    assert sorted(routes) == sorted(context.routes.values())
    assert all(command["summary"].endswith(".") for command in report["commands"])
    assert report["description"]


def test_a_surveyed_stack_has_its_account_subscribers_and_sources(of: Of) -> None:
    """The account is that of the pipeline's roles; a filter leaves a subscriber the types that it names."""
    stack = of(_placed)["stacks"]["prod"]
    assert (stack["region"], stack["account"]) == ("eu-west-1", "111122223333")
    assert stack["subscribers"]["bi"] == ["PaymentVerified"]
    assert len(stack["subscribers"]["frontend"]) == len(current().context.events)
    assert stack["subscriber_accounts"] == ["444455556666"]
    assert stack["consumes"] == {"order": {"topic": "/order/prod/topic-arn", "labels": ["OrderPlaced"]}}


def test_two_major_versions_are_published_and_each_subscriber_gets_its_own(of: Of) -> None:
    """Both go to who is ready for `PaymentVerified.2`."""
    report = of(_with_two_versions)
    assert report["publishes"]["PaymentVerified"] == ["PaymentVerified", "PaymentVerified.2"]
    routes = current().context.routes
    assert report["deprecated"] == dict.fromkeys(
        ("PaymentVerified", routes["verify_payment"], "GET /totals"), "2999-01-31"
    )
    subscribers = report["stacks"]["prod"]["subscribers"]
    assert {"PaymentVerified", "PaymentVerified.2"} <= set(subscribers["bi"])
    assert "PaymentVerified.2" not in subscribers["frontend"]


def test_the_survey_has_the_broken_policies_of_production(of: Of) -> None:
    """And one that is waived with how often."""
    [broken] = of(_breaking)["policies"]["data-is-encrypted"]
    assert "reminders" in broken
    assert "data-is-encrypted" not in of(_waiving)["policies"]
    assert of(_waiving)["waived"] == {"data-is-encrypted": 1}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_that_does_not_import, "'nowhere'"),
        (_that_ends_its_process, "status 3"),
        (_that_names_no_context, "[tool.bounded-context]"),
    ],
)
def test_a_repository_that_cannot_be_read_is_an_error(of: Of, change: Callable[[Path], None], named: str) -> None:
    """A declaration that does not import, a program that ends its process, a project that names no context."""
    assert named in of(change)["error"]


def test_the_output_of_a_repository_goes_to_the_standard_error(said: "subprocess.CompletedProcess[str]") -> None:
    """It goes to the standard error."""
    assert "here I am" not in said.stdout
    assert "here I am" in said.stderr
