"""Each promise breaks in a sentence where one thing of production's stack is changed, and holds where nothing is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Optional

import pytest

from bounded_context import EventData, Text
from bounded_context.project import current
from bounded_context.testing.graph import Graph, Node, run
from bounded_context.testing.promises import PROMISES, Repository
from tests.things import Fields, context_of, model_of

Change = Callable[[Node], Node | None]
"""What becomes of one resource; None if it is not made at all."""


def without(*keys: str) -> Change:
    """It lacks these inputs."""
    return lambda node: replace(node, inputs={key: value for key, value in node.inputs.items() if key not in keys})


def having(**inputs: Any) -> Change:
    """It has these inputs instead of its own."""
    return lambda node: replace(node, inputs={**node.inputs, **inputs})


def optioned(**options: Any) -> Change:
    """It has these options instead of its own."""
    return lambda node: replace(node, **options)


def gone(_: Node) -> None:
    """It is not made."""


def stating(key: str, **more: Any) -> Change:
    """The first statement of a document says this too."""

    def change(node: Node) -> Node | None:
        document = node.document(key)
        document["Statement"][0] |= more
        return having(**{key: json.dumps(document)})(node)

    return change


def with_states(change: Callable[[dict[str, Any]], None]) -> Change:
    """The workflow's first task is changed."""

    def changed(node: Node) -> Node | None:
        definition = node.document("definition")
        change(next(state for state in definition["States"].values() if state["Type"] == "Task"))
        return having(definition=json.dumps(definition))(node)

    return changed


def _long(node: Node) -> Node | None:
    return stating("policy", Sid="x" * 10_240)(node)


def _unlogged(node: Node) -> Node | None:
    return having(loggingConfig={"logFormat": "Text"})(node)


BREACHES: tuple[tuple[str, str, Change, str], ...] = (
    ("no_permission_is_a_wildcard", "iam/rolePolicy", stating("policy", Action="s3:*"), "permits s3:*: name the"),
    ("permissions_name_resources", "iam/rolePolicy", stating("policy", Resource="*"), "on *: name the resource."),
    ("roles_are_not_shared", "lambda/function", having(role="arn:aws:iam::1:role/all"), "share the role arn:aws:iam"),
    (
        "roles_are_assumed_by_services",
        "iam/role",
        stating("assumeRolePolicy", Principal={"AWS": "*"}),
        "trusts {'AWS': '*'}: let it trust one service.",
    ),
    ("policies_fit", "iam/rolePolicy", _long, "characters: IAM takes 10240."),
    ("queues_have_dead_letters", "sqs/queue", without("redrivePolicy"), "has no dead letters: give it a redrive"),
    ("subscriptions_have_dead_letters", "sns/topicSubscription", without("redrivePolicy"), "has no dead letters"),
    ("rules_have_dead_letters", "cloudwatch/eventTarget", without("deadLetterConfig"), "has no dead letters"),
    ("streams_have_dead_letters", "lambda/eventSourceMapping", without("destinationConfig"), "loses what fails"),
    ("failures_are_partial", "lambda/eventSourceMapping", without("functionResponseTypes"), "takes whole batches"),
    ("messages_stay_invisible", "sqs/queue", having(visibilityTimeoutSeconds=30), "hides messages too shortly"),
    ("somebody_is_told_of_dead_letters", "cloudwatch/metricAlarm", gone, "Nobody is told of letters in"),
    (
        "somebody_is_told_of_dead_letters",
        "cloudwatch/eventTarget",
        lambda node: None if node.name.endswith("-lost") else node,
        "Nobody is told of what relay-events-stream gives up",
    ),
    ("data_survives", "dynamodb/table", optioned(protect=False), "goes with its stack: set protect"),
    ("data_survives", "s3/bucket", optioned(retain_on_delete=False), "goes with its stack: set protect"),
    ("tables_can_be_restored", "dynamodb/table", without("pointInTimeRecovery"), "cannot be restored"),
    ("data_is_encrypted", "sqs/queue", without("kmsMasterKeyId"), "is not encrypted by a key of one's own"),
    ("data_is_encrypted", "s3/bucketServerSideEncryptionConfiguration", gone, "is not encrypted by a key"),
    ("buckets_are_private", "s3/bucketPublicAccessBlock", gone, "may become public"),
    ("transport_is_encrypted", "sqs/queuePolicy", gone, "takes plain HTTP: deny aws:SecureTransport false"),
    ("transport_is_encrypted", "s3/bucketPolicy", gone, "takes plain HTTP"),
    ("logs_expire", "cloudwatch/logGroup", without("retentionInDays"), "is kept for ever: set retention_in_days."),
    ("logs_expire", "lambda/function", _unlogged, "writes to a log group that nobody makes"),
    ("functions_have_an_alias", "lambda/alias", gone, "has no alias live"),
    ("functions_have_an_alias", "lambda/function", having(publish=False), "has no alias live"),
    ("aliases_are_the_rollouts", "lambda/alias", optioned(ignore_changes=frozenset()), "moved back by Pulumi: ignore"),
    ("functions_are_released", "codedeploy/deploymentGroup", gone, "has no deployment group"),
    (
        "callers_call_aliases",
        "lambda/eventSourceMapping",
        having(functionName="arn:aws:lambda:eu-central-1:1:function:own"),
        "name its alias live.",
    ),
    ("alarms_say_what_to_do", "cloudwatch/metricAlarm", without("alarmDescription"), "does not say what to do"),
    ("alarms_tell_somebody", "cloudwatch/metricAlarm", without("alarmActions"), "tells nobody: name a topic in"),
    ("functions_are_traced", "lambda/function", without("tracingConfig"), "cannot be followed: set tracing_config"),
    ("functions_fail_loudly", "cloudwatch/metricAlarm", gone, "Nobody is told of errors of"),
    (
        "functions_have_code",
        "lambda/function",
        having(handler="payment.handlers.nowhere.lambda_handler"),
        "has no code: write src/payment/handlers/nowhere.py",
    ),
    ("code_is_deployed", "lambda/function", gone, "No function deploys src/payment/handlers/verify_payment.py"),
    (
        "states_follow_one_another",
        "sfn/stateMachine",
        with_states(lambda state: state.update(Next="Nowhere")),
        "goes to Nowhere, which is no state",
    ),
    (
        "tasks_are_tried_again",
        "sfn/stateMachine",
        with_states(lambda state: state.pop("Retry")),
        "is tried once: give it a Retry.",
    ),
    ("calls_are_permitted", "iam/rolePolicy", gone, "which its role may not: grant it."),
    (
        "aws_takes_the_stacks",
        "lambda/function",
        having(timeout=901.0),
        "service prod: lambda/function verify-payment, timeout: CreateFunction's Timeout takes a whole number",
    ),
)

ELSEWHERE = {
    "events_say_every_field",
    "commands_have_an_entry_point",
    "refusals_are_declared",
    "events_keep_their_contract",
    "events_are_described",
    "events_before_are_made",
    "callers_find_what_they_rely_on",
    "routes_are_described",
    "statuses_are_drawn",
    "what_was_kept_is_read",
    "what_was_said_is_kept",
}
"""Those that look at files: a team's changes break them, on a fresh bake."""

BY_NAME: Mapping[str, Any] = {promise.check.__name__: promise for promise in PROMISES}


@pytest.fixture(scope="module")
def prod() -> Graph:
    """The default context's stack of production."""
    return run("prod")


def repository(graph: Graph) -> Repository:
    """The default context's repository, with this for its stack."""
    one = Repository(current())
    one.__dict__["graph"] = graph
    return one


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_the_default_context_keeps(promise: Any, prod: Graph) -> None:
    """What follows breaks by the change alone."""
    assert promise.breaches(repository(prod)) == []


@pytest.mark.parametrize(("name", "kind", "change", "sentence"), BREACHES)
def test_a_breach_is_a_sentence(name: str, kind: str, change: Change, sentence: str, prod: Graph) -> None:
    """It names the resource, and says what to write."""
    changed = [change(node) if node.kind == kind else node for node in prod.nodes]
    broken = replace(prod, nodes=[node for node in changed if node is not None])
    breaches = BY_NAME[name].breaches(repository(broken))
    assert any(sentence in breach for breach in breaches), breaches


_NOTE: Fields = {"note": (Optional[Text], None)}  # noqa: UP045  the checker takes no | of what is annotated


@pytest.mark.parametrize(
    ("details", "data", "sentences"),
    [
        (_NOTE, _NOTE, []),
        (
            _NOTE,
            {},
            ["ThingData has no 'note', which events carry: write it in src/thing/events.py as in ThingDetails."],
        ),
        ({}, _NOTE, ["ThingData has 'note', which no event carries: write it in ThingDetails too, or remove it."]),
        (
            _NOTE,
            {"note": (Text, ...)},
            ["ThingData.note may be None, as in ThingDetails: write `| None = None` in src/thing/events.py."],
        ),
    ],
)
def test_a_field_of_the_aggregate_alone_is_missed_in_the_events(
    details: Fields, data: Fields, sentences: list[str]
) -> None:
    """One line in each of the two files is all that a field wants."""
    declared = replace(context_of(details), data=model_of("ThingData", EventData, data))
    where: Any = SimpleNamespace(context=declared)
    assert BY_NAME["events_say_every_field"].breaches(where) == sentences


def test_each_promise_is_broken_somewhere() -> None:
    """A check that cannot fail holds nothing."""
    assert {name for name, *_ in BREACHES} | ELSEWHERE == set(BY_NAME)
