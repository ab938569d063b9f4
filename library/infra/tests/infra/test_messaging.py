"""The table's stream and the fan-out to the subscribers."""

from collections.abc import Mapping
from typing import Any

import pytest

from bounded_context.domain.spelling import kebab
from bounded_context_infra.components.fanout import VISIBILITY_TIMEOUT
from tests.contracts.test_previous_version import beside

from .filters import passes, policies
from .graph import CONTEXT, STACKS, Graph, Node, run, run_context
from .test_permissions import actions_on

STREAM_READERS = ("relay_events", "measure_lists")
LONGEST_CONSUMER = 30
"""Seconds that a consumer of a subscriber's queue may take."""


def _subscriptions(graph: Graph) -> dict[str, Node]:
    return {node.inputs["endpoint"]: node for node in graph.of("sns/topicSubscription")}


def test_every_subscriber_has_a_queue_a_dead_letter_queue_and_a_subscription(prod: Graph) -> None:
    """The answers of the template name the subscribers."""
    assert set(prod.outputs["queues"]) == set(CONTEXT.subscribers)
    assert set(prod.outputs["dead_letter_queues"]) == {*CONTEXT.subscribers, *STREAM_READERS, "uploads", "inbound"}
    assert len(_subscriptions(prod)) == len(CONTEXT.subscribers)


def test_a_stack_may_have_other_subscribers(varied: Graph) -> None:
    """A setting replaces the answer."""
    assert set(varied.outputs["queues"]) == {"audit"}


def test_subscribers_get_every_event_raw(prod: Graph) -> None:
    """A message is the CloudEvents document itself. Nothing is filtered, so a new type arrives from its first event on.

    SNS takes up to 15 minutes to apply a changed filter: one that lists types would lose the first events of a new one.
    """
    for subscription in _subscriptions(prod).values():
        assert subscription.inputs["rawMessageDelivery"] is True
        assert subscription.inputs.keys().isdisjoint({"filterPolicy", "filterPolicyScope"})


NEW_LABELS = {f"{event}.2" for event in CONTEXT.changes}


def test_a_subscriber_that_is_not_ready_gets_no_new_major_version() -> None:
    """Not before another one is ready either: the filter is there before the first event of the new version."""
    old, new = CONTEXT.subscribers
    for ready in ((), (new,)):
        passed = policies(run_context(beside(ready=ready), "prod"))[old]
        assert _passed(passed, {*CONTEXT.events, *NEW_LABELS, "ANewType"}) == {*CONTEXT.events, "ANewType"}


def test_a_subscriber_that_is_ready_gets_both_major_versions() -> None:
    """So whichever filter SNS applies while it changes over, one of the two arrives."""
    _, new = CONTEXT.subscribers
    passed = policies(run_context(beside(ready=(new,)), "prod"))[new]
    assert _passed(passed, {*CONTEXT.events, *NEW_LABELS}) == {*CONTEXT.events, *NEW_LABELS}


def test_a_filter_passes_both_major_versions_of_its_types_to_who_is_ready() -> None:
    """And the one before alone to who is not; other types to neither."""
    old, new = CONTEXT.subscribers
    event, other = CONTEXT.changes[:2]
    filters = {subscriber: [event, CONTEXT.list_events[0]] for subscriber in (old, new)}
    by_subscriber = policies(run_context(beside(ready=(new,)), "prod", filters=filters))
    labels = {*CONTEXT.events, *NEW_LABELS}
    assert other not in filters[old]
    assert _passed(by_subscriber[old], labels) == {event, CONTEXT.list_events[0]}
    assert _passed(by_subscriber[new], labels) == {event, f"{event}.2", CONTEXT.list_events[0]}


def _passed(policy: Mapping[str, list[Any]], labels: set[str]) -> set[str]:
    return {label for label in labels if passes(policy, {"type": label})}


def test_undelivered_and_unconsumed_messages_end_in_one_dead_letter_queue(prod: Graph) -> None:
    """SNS and SQS both move a lost message to the subscriber's dead letters."""
    queues = {node.arn: node for node in prod.of("sqs/queue")}
    for arn, subscription in _subscriptions(prod).items():
        redrive = queues[arn].document("redrivePolicy")
        assert redrive["deadLetterTargetArn"] == subscription.document("redrivePolicy")["deadLetterTargetArn"]
        assert redrive["maxReceiveCount"] == 5


DAY = 24 * 3600


@pytest.mark.parametrize("stack", STACKS)
def test_a_message_that_fails_has_at_least_a_week_among_the_dead_letters(stack: str) -> None:
    """SQS counts from when it was first sent; a queue that has no dead letters holds those of others."""
    queues = run(stack).of("sqs/queue")
    kept = {("redrivePolicy" in queue.inputs, queue.inputs["messageRetentionSeconds"]) for queue in queues}
    assert kept == {(True, 7 * DAY), (False, 14 * DAY)}


def test_a_dead_letter_queue_accepts_only_its_own_queue(prod: Graph) -> None:
    """No other queue of the account can use it as its own."""
    allowed = {
        node.inputs["queueUrl"]: node.document("redriveAllowPolicy") for node in prod.of("sqs/redriveAllowPolicy")
    }
    for arn in _subscriptions(prod):
        dead_letters = prod.one("sqs/queue", _name(prod, arn) + "-dead-letters").outputs["url"]
        assert allowed[dead_letters] == {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}


def _name(graph: Graph, arn: str) -> str:
    return next(node.name for node in graph.of("sqs/queue") if node.arn == arn)


def test_only_this_topic_may_send_to_a_subscribers_queue(prod: Graph) -> None:
    """Nobody else can put an event into a queue."""
    topic = prod.one("sns/topic", "fanout").arn
    for arn in _subscriptions(prod):
        policy = prod.one("sqs/queuePolicy", f"{_name(prod, arn)}-policy").document()
        (allowed,) = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
        assert allowed["Action"] == ["sqs:SendMessage"]
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}


def test_a_message_stays_invisible_while_a_consumer_may_still_retry_it(prod: Graph) -> None:
    """AWS asks for six times the consumer's timeout."""
    assert VISIBILITY_TIMEOUT >= 6 * LONGEST_CONSUMER
    for arn in _subscriptions(prod):
        assert prod.one("sqs/queue", _name(prod, arn)).inputs["visibilityTimeoutSeconds"] == VISIBILITY_TIMEOUT


@pytest.mark.parametrize("stack", STACKS)
def test_a_subscriber_may_have_the_longest_name_in_every_stack(stack: str) -> None:
    """What development takes, production takes too."""
    longest = "a" + "b" * 31
    graph = run(stack, subscribers=[longest])
    assert f"{CONTEXT.name}-{stack}-events-{longest}-dead-letters" in {
        node.inputs["name"] for node in graph.of("sqs/queue")
    }


def test_the_table_is_on_demand_and_restorable_and_has_a_stream(prod: Graph) -> None:
    """One key, point-in-time recovery, expiry, both images in the stream."""
    table = prod.one("dynamodb/table").inputs
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["hashKey"] == "pk"
    assert "rangeKey" not in table
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}
    assert table["streamViewType"] == "NEW_AND_OLD_IMAGES"


def test_the_relay_reads_changes_of_aggregates_only(prod: Graph) -> None:
    """Lists, projections and idempotency items share the table, and are nobody's event."""
    mapping = prod.one("lambda/eventSourceMapping", "relay-events-stream")
    (filter_,) = mapping.inputs["filterCriteria"]["filters"]
    assert f'[{{"prefix": "{CONTEXT.name.upper()}#"}}]' in filter_["pattern"]
    assert mapping.inputs["eventSourceArn"] == prod.one("dynamodb/table").outputs["streamArn"]


def test_the_lists_changes_go_to_their_own_reader(prod: Graph) -> None:
    """A shard of the stream takes two readers, and has no more."""
    mapping = prod.one("lambda/eventSourceMapping", "measure-lists-stream")
    (filter_,) = mapping.inputs["filterCriteria"]["filters"]
    assert '[{"prefix": "LIST#"}]' in filter_["pattern"]
    assert len(prod.stream_readers()) == 2


@pytest.mark.parametrize("reader", STREAM_READERS)
def test_a_poisoned_change_is_isolated_and_kept(prod: Graph, reader: str) -> None:
    """Partial failures, bisection, a bounded number of retries, then the bucket."""
    name = kebab(reader)
    mapping = prod.one("lambda/eventSourceMapping", f"{name}-stream").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["bisectBatchOnFunctionError"] is True
    assert 0 < mapping["maximumRetryAttempts"] < 10_000
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": _given_up(prod).arn}}


@pytest.mark.parametrize("reader", STREAM_READERS)
def test_a_reader_may_write_given_up_batches_and_not_read_them(prod: Graph, reader: str) -> None:
    """What AWS asks of the role for a bucket as destination, under the keys that it writes."""
    bucket = _given_up(prod).arn
    assert actions_on(prod, kebab(reader), f"{bucket}/aws/lambda/*") == {"s3:PutObject"}
    assert actions_on(prod, kebab(reader), bucket) == {"s3:ListBucket"}


@pytest.mark.parametrize("reader", STREAM_READERS)
def test_the_queue_gets_a_message_about_each_given_up_batch(prod: Graph, reader: str) -> None:
    """Of objects of this reader's mapping, and from nobody but the rule; the queue's alarm does the rest."""
    name, mapping = kebab(reader), prod.one("lambda/eventSourceMapping", f"{kebab(reader)}-stream").outputs["name"]
    rule, queue = prod.one("cloudwatch/eventRule", f"{name}-lost"), prod.one("sqs/queue", f"{name}-dead-letters")
    assert rule.document("eventPattern") == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [_given_up(prod).outputs["bucket"]]},
            "object": {"key": [{"prefix": f"aws/lambda/{mapping}/"}]},
        },
    }
    assert prod.one("cloudwatch/eventTarget", f"{name}-lost").inputs["arn"] == queue.arn
    _, allowed = prod.one("sqs/queuePolicy", f"{name}-dead-letters-policy").document()["Statement"]
    assert allowed["Condition"]["ArnEquals"] == {"aws:SourceArn": rule.arn}
    assert prod.one("s3/bucketNotification", "given-up-events").inputs["eventbridge"] is True


def test_given_up_batches_outlive_their_message_and_expire(prod: Graph) -> None:
    """So a letter without its object was sent before; and personal data are not kept for ever."""
    rules = {
        rule["id"]: rule for rule in prod.one("s3/bucketLifecycleConfiguration", "given-up-lifecycle").inputs["rules"]
    }
    days = rules["given-up"]["expiration"]["days"]
    assert days * 24 * 3600 > prod.one("sqs/queue", "relay-events-dead-letters").inputs["messageRetentionSeconds"]
    assert days + rules["given-up"]["noncurrentVersionExpiration"]["noncurrentDays"] <= 30


def _given_up(graph: Graph) -> Node:
    return next(node for node in graph.of("s3/bucket") if node.name.endswith("-given-up"))


@pytest.mark.parametrize("reader", STREAM_READERS)
def test_the_stream_permission_precedes_the_mapping(prod: Graph, reader: str) -> None:
    """Lambda refuses a mapping whose role cannot read."""
    permission = prod.one("iam/rolePolicy", f"table-to-{kebab(reader)}").urn
    assert permission in prod.one("lambda/eventSourceMapping", f"{kebab(reader)}-stream").dependencies
