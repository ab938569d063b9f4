"""Resources of a team's own, added by hand: they are in the picture like the platform's."""

import json

import pytest

from bounded_context_cli.views.picture.resources import Machine, words

from .written import allowed, arn, drawn, function, grant, keys, node, said

RECEIPTS = node("s3/bucket", "receipts")
OBJECTS = f"{RECEIPTS.arn}/*"


def test_a_bucket_and_a_function_that_writes_into_it() -> None:
    drawing = drawn(RECEIPTS, function("write-receipt"), grant("write-receipt", ["s3:PutObject"], OBJECTS))
    assert said(drawing) == {("function write_receipt", "writes", "bucket receipts")}
    assert {box.label for box in drawing.boxes} == {"bucket receipts", "WriteReceipt"}


@pytest.mark.parametrize("how", ["within the role", "attached", "one text alone"])
def test_a_grant_in_any_document_becomes_an_arrow(how: str) -> None:
    policy = allowed(["s3:GetObject"], OBJECTS)
    grants = {
        "within the role": [node("iam/role", "audit", inlinePolicies=[{"policy": policy}])],
        "attached": [
            node("iam/policy", "may-read", policy=policy),
            node("iam/rolePolicyAttachment", "one", role="order-prod-audit", policyArn=arn("iam/policy", "may-read")),
        ],
        "one text alone": [
            node(
                "iam/rolePolicy",
                "one",
                role=arn("iam/role", "audit"),
                policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECTS}}),
            )
        ],
    }
    drawing = drawn(RECEIPTS, function("audit"), *grants[how])
    assert said(drawing) == {("function audit", "reads", "bucket receipts")}


def test_denied_and_foreign_resources_have_no_arrow() -> None:
    denied = node("iam/rolePolicy", "no", role="order-prod-audit", policy=allowed(["s3:*"], OBJECTS, effect="Deny"))
    others = grant("audit", ["s3:GetObject"], "arn:aws:s3:::order-prod-receipts-of-others/*", "*")
    assert said(drawn(RECEIPTS, function("audit"), denied, others)) == set()


def test_a_type_that_no_context_has_yet_is_a_box() -> None:
    """Whatever stands beside a thing, such as a bucket's policy, is none."""
    drawing = drawn(
        RECEIPTS, node("s3/bucketPolicy", "receipts"), node("elasticache/cluster", "rates"), node("kms/key", "k")
    )
    assert keys(drawing) == {"bucket receipts", "cluster rates"}


def test_two_resources_of_one_name_are_two_boxes() -> None:
    drawing = drawn(node("ecs/service", "web"), node("apprunner/service", "web"))
    assert keys(drawing) == {"service web", "service web 2"}


def test_a_queue_and_who_works_it_off() -> None:
    """To receive is said by the arrow from the queue, to send is not."""
    letters = node("sqs/queue", "letters")
    mapping = node(
        "lambda/eventSourceMapping",
        "m",
        eventSourceArn=letters.arn,
        functionName=f"{arn('lambda/function', 'send')}:live",
    )
    grants = [
        grant("send", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], letters.arn),
        grant("place", ["sqs:SendMessage"], letters.arn),
    ]
    drawing = drawn(letters, function("send"), function("place"), mapping, *grants)
    assert said(drawing) == {("queue letters", "starts", "function send"), ("function place", "sends", "queue letters")}


def test_another_contexts_topic_is_outside() -> None:
    inbound, topic = node("sqs/queue", "inbound"), "arn:aws:sns:eu-west-1:444455556666:billing-prod-events"
    heard = node("sns/topicSubscription", "billing", topic=topic, endpoint=inbound.arn)
    drawing = drawn(inbound, heard)
    [(source, action, target)] = said(drawing)
    assert (source.split()[-1], action, target) == ("billing-prod-events", "", "queue inbound")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("rate(1 hour)", "every hour"),
        ("rate(5 minutes)", "every 5 minutes"),
        ("cron(0 6 * * ? *)", "cron(0 6 * * ? *)"),
    ],
)
def test_a_schedule_has_its_expression(expression: str, says: str) -> None:
    target = {"arn": f"{arn('lambda/function', 'remind')}:live"}
    schedule = node("scheduler/schedule", "remind", scheduleExpression=expression, target=target)
    assert said(drawn(schedule, function("remind"))) == {(f"schedule {says}", "starts", "function remind")}
    rule = node("cloudwatch/eventRule", "remind", scheduleExpression=expression)
    of_rule = node("cloudwatch/eventTarget", "remind", rule=rule.called, **target)
    assert said(drawn(rule, of_rule, function("remind"))) == said(drawn(schedule, function("remind")))


@pytest.mark.parametrize(
    ("pattern", "source"),
    [
        ({"source": ["aws.s3"], "detail": {"bucket": {"name": ["order-prod-receipts"]}}}, "bucket receipts"),
        ({"source": ["aws.health"]}, "events aws.health"),
        ({"detail-type": ["Anything"]}, "events event bus"),
    ],
)
def test_a_rule_begins_at_the_source_of_its_pattern(pattern: dict[str, object], source: str) -> None:
    rule = node("cloudwatch/eventRule", "told", eventPattern=json.dumps(pattern))
    target = node("cloudwatch/eventTarget", "told", rule=rule.called, arn=arn("lambda/function", "audit"))
    assert said(drawn(RECEIPTS, rule, target, function("audit"))) == {(source, "starts", "function audit")}


def test_topics_of_alarms_have_no_box() -> None:
    topic = node("sns/topic", "warnings")
    assert keys(drawn(topic, node("cloudwatch/metricAlarm", "a", alarmActions=[topic.arn]))) == set()
    assert keys(drawn(topic)) == {"topic warnings"}


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        (["dynamodb:Query", "dynamodb:PartiQLSelect"], {"reads"}),
        (["dynamodb:PutItem", "dynamodb:PartiQLInsert", "s3:AbortMultipartUpload"], {"writes"}),
        (["sns:Publish"], {"publishes"}),
        (["events:PutEvents"], {"writes"}),
        (["lambda:InvokeFunction"], {"calls"}),
        (["sqs:DeleteMessage"], set()),
        (["bedrock:Converse"], {"uses"}),
    ],
)
def test_actions_have_a_label_of_one_word(actions: list[str], says: set[str]) -> None:
    assert words(actions) == says


def _function(name: str) -> str:
    return arn("lambda/function", name)


def _task(name: str, **more: object) -> dict[str, object]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": _function(name)},
        **more,
    }


def test_steps_in_choices_maps_and_branches_have_boxes() -> None:
    machine = {
        "StartAt": "A",
        "States": {
            "A": _task("a", Next="Which", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Z"}]),
            "Which": {"Type": "Choice", "Choices": [{"Next": "Each"}, {"Next": "Wrong"}], "Default": "Z"},
            "Wrong": {"Type": "Pass", "Result": {"Error": "Wrong"}, "ResultPath": "$.error", "Next": "Z"},
            "Each": {
                "Type": "Map",
                "ItemProcessor": {"StartAt": "B", "States": {"B": _task("b", End=True)}},
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "C", "States": {"C": _task("c", End=True)}}],
                "Next": "Z",
            },
            "Z": {"Type": "Task", "Resource": _function("z"), "End": True},
        },
    }
    a, b, c, z = map(_function, "abcz")
    links = {("", a, ""), (a, b, ""), (a, z, "on failure"), (b, c, ""), (c, z, "")}
    assert set(Machine(json.dumps(machine)).links()) == links


def test_a_workflow_that_goes_round_has_an_end() -> None:
    round_ = {"Type": "Wait", "Next": "Again"}
    machine = {
        "StartAt": "A",
        "States": {
            "A": _task("a", Next="Again"),
            "Again": {"Type": "Choice", "Choices": [{"Next": "Wait"}], "Default": "A"},
            "Wait": round_,
        },
    }
    assert Machine(json.dumps(machine)).links() == [("", _function("a"), "")]
