"""A queue of the context's own that feeds a function, and a function that is called by the clock."""

import json
from pathlib import Path

import pulumi
import pytest

from bounded_context_cli.docs import section, steps
from bounded_context_cli.testing.requests import findings
from bounded_context_lab.storm.faults import Resources
from bounded_context_lab.storm.graph_checks import failure_findings

from .alarms import notifiers
from .graph import CONTEXT, Graph
from .test_alarms import OF_A_SCHEDULE, OF_A_WORK_QUEUE
from .test_permissions import actions_on
from .test_team import FUNCTIONS, MAIN, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """With what the pages say about a queue and a schedule, but for the code of the functions."""
    repository = Repository(tmp_path)
    for anchor in ("a-queue", "a-schedule"):
        for step in steps(section("changing", anchor), CONTEXT.name):
            if step.path.startswith("infra/"):
                step.follow(tmp_path)
    return repository


@pytest.fixture
def graph(repository: Repository) -> Graph:
    return repository.run()


def test_it_hides_a_message_for_six_times_as_long_as_the_function_may_take(graph: Graph) -> None:
    """In batches, of which failures come again alone; the alias is called."""
    queue, function = graph.one("sqs/queue", "letters"), graph.one("lambda/function", "send-letter")
    assert queue.inputs["visibilityTimeoutSeconds"] == 6 * function.inputs["timeout"]
    mapping = graph.one("lambda/eventSourceMapping", "letters-queue").inputs
    assert mapping["eventSourceArn"] == queue.arn
    assert mapping["functionName"] == graph.outputs["functions"]["send_letter"]
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_failed_messages_reach_a_dead_letter_queue_with_an_alarm(graph: Graph) -> None:
    """After five tries, in dead letters that no other queue may use; the redrive knows the way back."""
    queue, letters = (graph.one("sqs/queue", name) for name in ("letters", "letters-dead-letters"))
    assert queue.document("redrivePolicy") == {"deadLetterTargetArn": letters.arn, "maxReceiveCount": 5}
    allowed = graph.one("sqs/redriveAllowPolicy", "letters-redrive-allow").document("redriveAllowPolicy")
    assert allowed["sourceQueueArns"] == [queue.arn]
    assert [node.inputs["messageRetentionSeconds"] for node in (queue, letters)] == [7 * 86_400, 14 * 86_400]
    assert graph.outputs["dead_letter_queues"]["letters"] == letters.outputs["url"]
    assert graph.outputs["work_queues"] == {"letters": queue.outputs["url"]}
    alarms = {name: json.dumps(dict(node.inputs)) for name, node in notifiers(graph).items()}
    assert letters.inputs["name"] in alarms["dead-letters-warning"]
    assert queue.inputs["name"] in alarms["letters-age"]
    assert f"docs runbook {OF_A_WORK_QUEUE}" in alarms["letters-age"]


def test_the_function_may_receive_messages_and_only_named_senders_may_send(
    graph: Graph, repository: Repository
) -> None:
    """The queue's own policy lets nobody in; a role of the context is let to by one line."""
    arn = graph.one("sqs/queue", "letters").arn
    assert actions_on(graph, "send-letter", arn) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    for name in ("letters-policy", "letters-dead-letters-policy"):
        statements = graph.one("sqs/queuePolicy", name).document()["Statement"]
        assert [statement["Effect"] for statement in statements] == ["Deny"]
    sender = CONTEXT.command_functions[0]
    feed = 'letters.feed(live["send_letter"])\n'
    repository.replace(MAIN, feed, f'{feed}letters.grant_send(functions["{sender}"].role)\n')
    assert actions_on(repository.run(), sender.replace("_", "-"), arn) == {"sqs:SendMessage"}


def test_a_function_with_a_longer_timeout_is_refused(repository: Repository) -> None:
    """The error names the argument; with it, the queue hides messages for longer."""
    repository.replace(FUNCTIONS, '"send_letter": Preset(timeout=30', '"send_letter": Preset(timeout=90')
    with pytest.raises(ValueError, match=r"^send_letter .*timeout=90 to WorkQueue"):
        repository.run()
    repository.replace(MAIN, 'WorkQueue("letters", stack)', 'WorkQueue("letters", stack, timeout=90)')
    assert repository.run().one("sqs/queue", "letters").inputs["visibilityTimeoutSeconds"] == 540


def test_two_queues_whose_dead_letters_have_one_name_are_refused(repository: Repository) -> None:
    """The redrive would know only one of the two queues."""
    name = CONTEXT.subscribers[0]
    repository.replace(MAIN, 'WorkQueue("letters"', f'WorkQueue("{name}"')
    with pytest.raises(pulumi.RunError, match=rf"dead-letter queues .*\b{name}\b"):
        repository.run()


def test_a_schedule_calls_an_alias_by_the_clock_and_tries_again(graph: Graph) -> None:
    """A day is worth a second try; the next minute is not."""
    schedule = graph.one("scheduler/schedule", "remind").inputs
    assert schedule["scheduleExpression"] == "cron(0 6 * * ? *)"
    assert schedule["target"]["arn"] == graph.outputs["functions"]["remind"]
    assert schedule["target"]["retryPolicy"] == {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 2}
    tries = graph.one("lambda/functionEventInvokeConfig", "remind").inputs
    assert (tries["maximumEventAgeInSeconds"], tries["maximumRetryAttempts"]) == (3600, 2)
    alarm = graph.one("cloudwatch/metricAlarm", "remind-dropped").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Scheduler", "InvocationDroppedCount")
    assert (alarm["dimensions"], alarm["threshold"]) == ({"ScheduleGroup": schedule["groupName"]}, 0)
    assert f"docs runbook {OF_A_SCHEDULE}" in alarm["alarmDescription"]


def test_aws_takes_all_of_it(graph: Graph) -> None:
    """No request would be refused in the middle of a deployment."""
    ours = [node for node in graph.nodes if node.name.startswith(("letters", "remind", "send-letter"))]
    assert [finding for node in ours for finding in findings(node)] == []


@pytest.fixture
def ordered(tmp_path: Path) -> Graph:
    """With what the page about FIFO queues says."""
    repository = Repository(tmp_path)
    for step in steps(section("fifo", "the-queue"), CONTEXT.name):
        step.follow(tmp_path)
    return repository.run()


def test_a_fifo_queue_has_fifo_dead_letters_an_alarm_and_a_consumer(ordered: Graph) -> None:
    """AWS accepts no other dead-letter queue; the redrive knows both. Two equal messages are two messages."""
    queue, letters = (ordered.one("sqs/queue", name) for name in ("payouts", "payouts-dead-letters"))
    for node in (queue, letters):
        assert node.inputs["name"].endswith(".fifo")
        assert (node.inputs["fifoQueue"], node.inputs.get("contentBasedDeduplication")) == (True, None)
    assert queue.document("redrivePolicy") == {"deadLetterTargetArn": letters.arn, "maxReceiveCount": 5}
    assert ordered.outputs["work_queues"] == {"payouts": queue.outputs["url"]}
    assert ordered.outputs["dead_letter_queues"]["payouts"] == letters.outputs["url"]
    alarms = {name: json.dumps(dict(node.inputs)) for name, node in notifiers(ordered).items()}
    assert letters.inputs["name"] in alarms["dead-letters-warning"]
    assert queue.inputs["name"] in alarms["payouts-age"]
    assert ordered.one("lambda/eventSourceMapping", "payouts-queue").inputs["eventSourceArn"] == queue.arn
    assert failure_findings(Resources(ordered, CONTEXT)) == []


def test_only_the_sender_of_a_fifo_queue_may_send_and_has_its_address(ordered: Graph) -> None:
    """By `queue_url` and `grant_send`, as the page says."""
    queue = ordered.one("sqs/queue", "payouts")
    assert actions_on(ordered, "order-payout", queue.arn) == {"sqs:SendMessage"}
    variables = ordered.one("lambda/function", "order-payout").inputs["environment"]["variables"]
    assert variables["PAYOUTS_URL"] == queue.outputs["url"]
    assert "sqs:SendMessage" not in actions_on(ordered, "pay-out", queue.arn)
    ours = [node for node in ordered.nodes if node.name.startswith(("payouts", "pay-out", "order-payout"))]
    assert [finding for node in ours for finding in findings(node)] == []
