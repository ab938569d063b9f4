"""The queue for other contexts' events, who may send to it, who takes it, and how this context's topic is found."""

import json
from typing import Any

import pytest

from bounded_context.domain.spelling import kebab
from bounded_context_infra.components.inbound import TIMEOUT
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.settings import consumed

from .alarms import notifiers, severity_of
from .contexts import REACTING
from .graph import ACCOUNT, CONTEXT, REGION, Graph, run, run_context
from .test_permissions import actions_on, granted

OTHER = "444455556666"
FOREIGN = f"arn:aws:sns:{REGION}:{OTHER}:elsewhere-prod-events"
FOUND = f"arn:aws:sns:{REGION}:{ACCOUNT}:neighbour-events"
"""What the parameter says."""

CONSUMES = {
    "somewhere_else": {
        "topic": "/somewhere-else/prod/topic-arn",
        "aggregate": "somewhere_line",
        "created_by": ["OrderLineCreated"],
        "deleted_by": ["OrderLineRemoved"],
    },
    "elsewhere": {"topic": FOREIGN, "created_by": ["ShopOpened"]},
}


@pytest.fixture(scope="module")
def hearing() -> Graph:
    """A stack that hears of two contexts, one of them in another account, and lets two accounts hear of it."""
    return run("prod", consumes=CONSUMES, subscriber_accounts=[OTHER, "777788889999"])


def _queue(graph: Graph, name: str = "inbound") -> Any:
    return graph.one("sqs/queue", name)


def _subscribed(graph: Graph) -> dict[str, Any]:
    arn = _queue(graph).arn
    return {node.name: node for node in graph.of("sns/topicSubscription") if node.inputs["endpoint"] == arn}


def test_a_fresh_stack_consumes_no_events(prod: Graph) -> None:
    """It deploys alone: the queue is there, and nobody may send to it."""
    assert _subscribed(prod) == {}
    for name in ("inbound", "inbound-dead-letters"):
        policy = prod.one("sqs/queuePolicy", f"{name}-policy").document()
        assert [statement["Effect"] for statement in policy["Statement"]] == ["Deny"]
    assert _variables(prod)["CONSUMES"] == "{}"


def test_a_local_stack_consumes_the_events_of_its_references() -> None:
    """So that a run on this machine has it whole; where rows refer to nothing, of a context that is made up."""
    heard = json.loads(_variables(run("local"))["CONSUMES"])
    assert [source["aggregate"] for source in heard.values()] == list(CONTEXT.referenced_kinds or ["neighbour"])


def _variables(graph: Graph) -> dict[str, str]:
    return graph.one("lambda/function", "on-event").inputs["environment"]["variables"]


def test_the_queue_subscribes_to_the_topics_for_the_types_that_count(hearing: Graph) -> None:
    """Raw, so that a message is the event; what cannot be delivered goes to the same dead letters."""
    subscribed = _subscribed(hearing)
    assert {name: node.inputs["topic"] for name, node in subscribed.items()} == {
        "inbound-somewhere-else": FOUND,
        "inbound-elsewhere": FOREIGN,
    }
    assert subscribed["inbound-somewhere-else"].document("filterPolicy") == {
        "type": ["OrderLineCreated", "OrderLineRemoved"]
    }
    for node in subscribed.values():
        assert node.inputs["rawMessageDelivery"] is True
        assert node.inputs["filterPolicyScope"] == "MessageAttributes"
        assert node.document("redrivePolicy") == {"deadLetterTargetArn": _queue(hearing, "inbound-dead-letters").arn}


def test_the_handler_consumes_the_events_that_the_filter_passes(hearing: Graph) -> None:
    """By context, and what each type means."""
    assert json.loads(_variables(hearing)["CONSUMES"]) == {
        "somewhere_else": {
            "aggregate": "somewhere_line",
            "created_by": ["OrderLineCreated"],
            "deleted_by": ["OrderLineRemoved"],
        },
        "elsewhere": {"aggregate": "elsewhere", "created_by": ["ShopOpened"], "deleted_by": []},
    }


def test_only_these_topics_may_send(hearing: Graph) -> None:
    """To the queue, and to the dead letters what could not be delivered. An ARN contains the topic's account."""
    for name in ("inbound", "inbound-dead-letters"):
        policy = hearing.one("sqs/queuePolicy", f"{name}-policy").document()
        allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
        assert allowed == [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": ["sqs:SendMessage"],
                "Resource": [_queue(hearing, name).arn],
                "Condition": {"ArnEquals": {"aws:SourceArn": [FOUND, FOREIGN]}},
            }
        ]


def test_a_subscription_depends_on_the_queue_policy(hearing: Graph) -> None:
    """The first message would be refused otherwise."""
    policies = {hearing.one("sqs/queuePolicy", f"{name}-policy").urn for name in ("inbound", "inbound-dead-letters")}
    for node in _subscribed(hearing).values():
        assert policies <= node.dependencies


def test_sns_may_use_the_key_for_the_queue_whosever_topic_it_is(hearing: Graph) -> None:
    """The key's policy names the service and this stack's queues; a queue's own policy says which topics."""
    (statement,) = [s for _, s in hearing.statements("kms/key") if "aws:sqs:arn" in json.dumps(s.get("Condition", {}))]
    assert "sns.amazonaws.com" in statement["Principal"]["Service"]
    (pattern,) = statement["Condition"]["ArnLike"].values()
    for name in ("inbound", "inbound-dead-letters"):
        assert _queue(hearing, name).arn.startswith(pattern.removesuffix("*"))


def test_a_message_is_tried_five_times_and_then_kept(hearing: Graph) -> None:
    """In dead letters that no other queue may use."""
    dead = _queue(hearing, "inbound-dead-letters")
    assert _queue(hearing).document("redrivePolicy") == {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5}
    allowed = hearing.one("sqs/redriveAllowPolicy", "inbound-redrive-allow")
    assert allowed.inputs["queueUrl"] == dead.outputs["url"]
    assert allowed.document("redriveAllowPolicy") == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [_queue(hearing).arn],
    }


def test_the_function_gets_small_batches_and_reports_failed_messages(prod: Graph) -> None:
    """By its alias; a message stays hidden for six times the timeout, as Lambda asks."""
    mapping = prod.one("lambda/eventSourceMapping", "inbound-queue")
    assert mapping.inputs["functionName"] == prod.outputs["functions"]["on_event"]
    assert mapping.inputs["eventSourceArn"] == _queue(prod).arn
    assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping.inputs["batchSize"], mapping.inputs["scalingConfig"]) == (10, {"maximumConcurrency": 10})
    assert prod.one("lambda/function", "on-event").inputs["timeout"] == TIMEOUT
    assert _queue(prod).inputs["visibilityTimeoutSeconds"] >= 6 * TIMEOUT
    assert prod.one("iam/rolePolicy", "inbound-to-on-event").urn in mapping.dependencies


def test_the_function_may_put_items_receive_messages_and_reject_poison(hearing: Graph) -> None:
    """It reads nothing of the table, and publishes nothing."""
    assert actions_on(hearing, "on-event", hearing.one("dynamodb/table").arn) == {"dynamodb:PutItem"}
    assert actions_on(hearing, "on-event", _queue(hearing).arn) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    assert actions_on(hearing, "on-event", _queue(hearing, "inbound-dead-letters").arn) == {"sqs:SendMessage"}
    services = {action.split(":")[0] for statement in granted(hearing, "on-event") for action in statement["Action"]}
    assert services == {"dynamodb", "kms", "logs", "sqs", "xray"}


def test_waiting_and_lost_events_are_warnings(full: Graph) -> None:
    """Lists are verified against what was true before, which wakes nobody."""
    letters = notifiers(full)["dead-letters-warning"]
    assert {severity_of(full, alarm) for alarm in (notifiers(full)["inbound-age"], letters)} == {"warning"}
    assert " inbound-dead-letters" in letters.inputs["alarmDescription"]
    assert notifiers(full)["inbound-age"].inputs["threshold"] == 7 * 60


def test_other_contexts_find_the_topic_by_a_parameter(prod: Graph) -> None:
    """Under a name that they can guess, and no secret."""
    parameter = prod.one("ssm/parameter").inputs
    assert parameter["name"] == f"/{kebab(CONTEXT.name)}/prod/topic-arn"
    assert (parameter["type"], parameter["insecureValue"]) == ("String", prod.outputs["topic_arn"])


def _subscribing(graph: Graph) -> list[dict[str, Any]]:
    policy = graph.one("sns/topicPolicy", "fanout-policy").document()
    return [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]


def test_named_accounts_may_subscribe_queues_of_their_own(hearing: Graph, prod: Graph) -> None:
    """And nothing else: no other protocol, no other account's queue, no publishing. By default nobody may."""
    assert _subscribing(prod) == []
    topic = hearing.outputs["topic_arn"]
    assert _subscribing(hearing) == [
        {
            "Effect": "Allow",
            "Action": ["sns:Subscribe"],
            "Resource": [topic],
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Condition": {
                "StringEquals": {"sns:Protocol": "sqs"},
                "StringLike": {"sns:Endpoint": f"arn:aws:sqs:*:{account}:*"},
            },
        }
        for account in (OTHER, "777788889999")
    ]


def test_a_function_with_reactions_may_run_commands_and_return_messages(hearing: Graph) -> None:
    """It has the permissions of a command, those of the list query, and its queue."""
    graph = run_context(REACTING, "prod", consumes=CONSUMES)
    table, queue = graph.one("dynamodb/table").arn, _queue(graph)
    commands = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    assert actions_on(graph, "on-event", table) == commands
    assert actions_on(graph, "on-event", f"{table}/index/by_list") == {"dynamodb:Query"}
    assert "sqs:SendMessage" in actions_on(graph, "on-event", queue.arn)
    assert _variables(graph)["INBOUND_URL"] == queue.outputs["url"]
    assert "INBOUND_URL" not in _variables(hearing)
    [loops] = graph.of("lambda/functionRecursionConfig")
    assert (loops.inputs["functionName"], loops.inputs["recursiveLoop"]) == (f"{CONTEXT.name}-prod-on-event", "Allow")
    assert hearing.of("lambda/functionRecursionConfig") == []


@pytest.mark.parametrize("consumes", [None, {"elsewhere": {"topic": FOREIGN, "created_by": ["ShopClosed"]}}])
def test_a_reaction_to_an_event_that_a_stack_does_not_consume_is_refused(consumes: Any) -> None:
    """It would never happen: the setting names the event."""
    config = {} if consumes is None else {"consumes": json.dumps(consumes)}
    with pytest.raises(SettingError, match=r"consumes.* lacks ShopOpened of elsewhere.*add it to created_by"):
        consumed(REACTING, config)
    assert consumed(REACTING, {"consumes": json.dumps(CONSUMES)}).keys() == CONSUMES.keys()
