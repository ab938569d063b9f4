"""What all queues hold, asked without touching a message."""

from tests.redrive.conftest import CHANGES, ONE, Stack
from tests.rollout.clients import error


def test_empty_queues_are_well(stack: Stack):
    """The exit status says it to a script."""
    ran = stack.redrive()
    assert (ran.status, ran.report["result"]) == (0, "empty")
    assert [queue["queue"] for queue in ran.report["queues"]] == ["one", "two", "reader", "uploads"]


def test_messages_are_counted_with_their_age(stack: Stack):
    """What is hidden counts too: somebody else looks at it."""
    for _ in range(3):
        stack.queues.put(ONE, "{}")
    stack.metrics.ages = {"test-one-dead": [5400.0, 5340.0]}
    stack.queues.receive_message(
        QueueUrl=ONE,
        MaxNumberOfMessages=1,
        VisibilityTimeout=60,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    ran = stack.redrive()
    assert ran.status == 1
    assert ran.report["queues"][0] == {"queue": "one", "messages": 2, "in_flight": 1, "oldest_seconds": 5400}
    assert ran.report["queues"][1] == {"queue": "two", "messages": 0, "in_flight": 0, "oldest_seconds": None}


def test_a_list_receives_no_message(stack: Stack):
    """A look at the numbers leaves no trace."""
    stack.queues.put(CHANGES, "{}")
    stack.redrive()
    assert {name for name, _ in stack.queues.calls} == {"get_queue_attributes"}


def test_without_metrics_the_list_has_no_ages(stack: Stack):
    """Whoever may not read metrics still gets the numbers."""
    stack.queues.put(ONE, "{}")
    stack.metrics.before["get_metric_data"] = [error("GetMetricData", "AccessDenied")]
    assert stack.redrive().report["queues"][0]["oldest_seconds"] is None


def test_the_list_is_a_table_with_the_next_command(stack: Stack):
    """This is the output without `--json`."""
    stack.queues.put(ONE, "{}")
    stack.metrics.ages = {"test-one-dead": [93_600.0]}
    status, out, _ = stack.say()
    assert status == 1
    assert "1 d 2 h" in out
    assert out.splitlines()[-1].endswith(" redrive test QUEUE")


def test_a_missing_queue_is_refused_in_one_sentence(stack: Stack):
    """AWS's own."""
    stack.queues.before["get_queue_attributes"] = [error("GetQueueAttributes", "QueueDoesNotExist", "It is gone.")]
    ran = stack.redrive()
    assert (ran.status, ran.report["why"]) == (2, "QueueDoesNotExist: It is gone.")
