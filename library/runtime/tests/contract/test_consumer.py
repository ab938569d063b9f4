"""The consumer that other teams copy, held to what a context publishes and deploys."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bounded_context_cli.programs.recording import Graph, Program, run
from bounded_context_infra.components.fanout import VISIBILITY_TIMEOUT
from bounded_context_infra.configuration.project import current
from tests.event_schemas import faults

CONSUMER = Path(__file__).parents[3] / "examples" / "consumer"
RECORDED = sorted((CONSUMER / "tests" / "events").glob("[!s]*.json"))


@pytest.fixture(scope="module")
def consumer() -> Graph:
    """What its program deploys."""
    return Program(CONSUMER / "infra", "consumer").run("dev")


def _imported(source: Path) -> Iterator[str]:
    """The top-level packages that a file imports from elsewhere."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_it_is_another_teams() -> None:
    """It knows neither the library nor a context: a team copies the folder, and nothing else."""
    imported = {name for source in CONSUMER.rglob("*.py") for name in _imported(source)}
    assert "boto3" in imported
    assert imported.isdisjoint({"bounded_context", current().package, "tests"})


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_its_recorded_events_equal_the_published_ones(path: Path) -> None:
    """By the schemas that the context has committed."""
    event = json.loads(path.read_text())
    assert event["type"] in current().context.events
    assert faults(event) == []


def test_its_queue_hides_a_message_while_it_is_worked_on(consumer: Graph) -> None:
    """AWS asks for six times the function's timeout."""
    assert consumer.one("lambda/function").inputs["timeout"] * 6 <= VISIBILITY_TIMEOUT


def test_it_reports_the_failed_messages_of_a_batch(consumer: Graph) -> None:
    """Without that, all of a batch would come again with its bad message."""
    mapping = consumer.one("lambda/eventSourceMapping").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["eventSourceArn"].startswith("arn:aws:sqs:")


def test_its_role_has_exactly_the_permissions_of_its_code(consumer: Graph) -> None:
    """Named actions on named resources."""
    allowed = {
        action: statement["Resource"]
        for _, statement in consumer.statements("iam/rolePolicy")
        for action in statement["Action"]
    }
    assert set(allowed) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "kms:Decrypt",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    assert allowed["dynamodb:UpdateItem"] == consumer.one("dynamodb/table").arn
    assert all(resource != "*" for resource in allowed.values())


def test_the_stack_exports_the_queues_and_keys_of_subscribers() -> None:
    """That is what the consumer's settings ask for."""
    outputs = run("prod").outputs
    assert set(outputs["queue_arns"]) == set(outputs["queues"])
    assert outputs["key_arn"].startswith("arn:aws:kms:")
