"""Each promise breaks in a sentence where one thing of production's stack is changed, and holds where nothing is."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import pytest
from payment import list_steps
from payment.context import PAYMENT
from payment.use_cases import register_payment

from bounded_context import Context, EventData, Text
from bounded_context.application.verification import CreatingRule
from bounded_context.handlers import command_handler
from bounded_context.testing import InMemory
from bounded_context_cli.programs.recording import Graph, Node, run
from bounded_context_cli.programs.stack_settings import run_delivery
from bounded_context_cli.promises import PROMISES, Repository, _promise
from bounded_context_infra.configuration.project import current
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


def with_states(change: Callable[[dict[str, Any]], Any]) -> Change:
    """The workflow's first task is changed."""
    return with_state("RegisterList", change)


def with_state(name: str, change: Callable[[dict[str, Any]], Any]) -> Change:
    """A state of the workflow is changed."""

    def changed(node: Node) -> Node | None:
        definition = node.document("definition")
        change(definition["States"][name])
        return having(definition=json.dumps(definition))(node)

    return changed


def renamed(node: dict[str, Any], name: str, other: str) -> None:
    """A member has another name."""
    node[other] = node.pop(name)


def _long(node: Node) -> Node | None:
    return stating("policy", Sid="x" * 10_240)(node)


def _twice(node: Node) -> Node | None:
    """The definition has a member of the same name twice; JSON's reader keeps the last."""
    text = str(node.inputs["definition"])
    return having(definition=text.replace('"States": {', '"States": {"Done": {"Type": "Succeed"},', 1))(node)


def _unlogged(node: Node) -> Node | None:
    return having(loggingConfig={"logFormat": "Text"})(node)


_CODE = "arn:aws:lambda:eu-central-1:1:function:own"
_INVOKED = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions"
_ANYBODY: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Condition": {}}

BREACHES: tuple[tuple[str, str, Change, str], ...] = (
    ("permissions-name-actions", "iam/rolePolicy", stating("policy", Action="s3:*"), "permits s3:*: name the"),
    ("permissions-name-resources", "iam/rolePolicy", stating("policy", Resource="*"), "on *: name the resource."),
    (
        "resource-policies-are-not-public",
        "sqs/queuePolicy",
        stating("policy", **_ANYBODY),
        "allows the principal `*`: name one",
    ),
    (
        "roles-have-no-aws-managed-policies",
        "iam/role",
        having(managedPolicyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
        "has the AWS managed policy arn:aws:iam::aws:policy/AmazonS3FullAccess: write a policy",
    ),
    (
        "routes-authenticate-callers",
        "apigatewayv2/route",
        without("authorizationType"),
        "authenticate callers",
    ),
    (
        "resource-policies-are-not-public",
        "sqs/queue",
        having(policy=json.dumps({"Statement": _ANYBODY})),
        "the principal `*`",
    ),
    ("presets-have-the-variables", "lambda/function", having(environment={"variables": {}}), "lacks TABLE_NAME, which"),
    ("roles-are-not-shared", "lambda/function", having(role="arn:aws:iam::1:role/all"), "shares the role arn:aws:iam"),
    (
        "roles-are-assumed-by-services",
        "iam/role",
        stating("assumeRolePolicy", Principal={"AWS": "*"}),
        "trusts {'AWS': '*'}: let it trust one service.",
    ),
    ("role-policies-fit-the-quota", "iam/rolePolicy", _long, "characters: IAM accepts 10240."),
    ("queues-have-dead-letters", "sqs/queue", without("redrivePolicy"), "has no dead letters: give it a redrive"),
    ("subscriptions-have-dead-letters", "sns/topicSubscription", without("redrivePolicy"), "has no dead letters"),
    ("rules-have-dead-letters", "cloudwatch/eventTarget", without("deadLetterConfig"), "has no dead letters"),
    ("streams-have-dead-letters", "lambda/eventSourceMapping", without("destinationConfig"), "discards failed"),
    (
        "batches-report-failed-items",
        "lambda/eventSourceMapping",
        without("functionResponseTypes"),
        "whole batches",
    ),
    (
        "dead-letters-are-retained",
        "sqs/queue",
        having(messageRetentionSeconds=345_600),
        "keeps messages too briefly: set message_ret",
    ),
    (
        "dead-letters-outlive-messages",
        "sqs/queue",
        having(messageRetentionSeconds=1_209_600),
        "keeps messages as long as its dead-letter queue: set message_ret",
    ),
    (
        "visibility-timeouts-are-long-enough",
        "sqs/queue",
        having(visibilityTimeoutSeconds=30),
        "visibility timeout",
    ),
    ("dead-letters-have-alarms", "cloudwatch/metricAlarm", gone, "has no alarm: make an alarm on its"),
    (
        "dead-letters-have-alarms",
        "cloudwatch/eventTarget",
        lambda node: None if node.name.endswith("-lost") else node,
        "relay-events-stream has failed changes without a rule",
    ),
    ("data-is-protected", "dynamodb/table", optioned(protect=False), "is deleted with its stack: set protect"),
    ("data-is-protected", "s3/bucket", optioned(retain_on_delete=False), "is deleted with its stack: set protect"),
    (
        "tables-have-deletion-protection",
        "dynamodb/table",
        without("deletionProtectionEnabled"),
        "can be deleted",
    ),
    ("keys-rotate", "kms/key", having(enableKeyRotation=False), "is never rotated: set enable_key_rotation."),
    ("tables-can-be-restored", "dynamodb/table", without("pointInTimeRecovery"), "cannot be restored"),
    ("data-is-encrypted", "sqs/queue", without("kmsMasterKeyId"), "is not encrypted with the context's own key"),
    ("data-is-encrypted", "s3/bucketServerSideEncryptionConfiguration", gone, "is not encrypted with the context's"),
    ("buckets-are-private", "s3/bucketPublicAccessBlock", gone, "may become public"),
    ("transport-is-encrypted", "sqs/queuePolicy", gone, "accepts plain HTTP: deny aws:SecureTransport false"),
    ("transport-is-encrypted", "s3/bucketPolicy", gone, "accepts plain HTTP"),
    ("logs-expire", "cloudwatch/logGroup", without("retentionInDays"), "is kept for ever: set retention_in_days."),
    ("logs-expire", "lambda/function", _unlogged, "has no log group of the program"),
    ("functions-have-an-alias", "lambda/alias", gone, "has no alias live"),
    ("functions-have-an-alias", "lambda/function", having(publish=False), "has no alias live"),
    ("rollouts-control-aliases", "lambda/alias", optioned(ignore_changes=frozenset()), "moved back by Pulumi: ignore"),
    ("functions-have-deployment-groups", "codedeploy/deploymentGroup", gone, "has no deployment group"),
    (
        "callers-call-aliases",
        "lambda/eventSourceMapping",
        having(functionName=_CODE),
        "name its alias live.",
    ),
    (
        "callers-call-aliases",
        "lambda/eventSourceMapping",
        having(functionName="own"),
        "calls own: name its alias live.",
    ),
    ("callers-call-aliases", "sns/topicSubscription", having(endpoint=_CODE), "function:own: name its alias live."),
    (
        "callers-call-aliases",
        "apigatewayv2/integration",
        having(integrationUri=f"{_INVOKED}/{_CODE}:7/x"),
        "own:7: name",
    ),
    (
        "callers-call-aliases",
        "sfn/stateMachine",
        with_states(lambda state: state.update(Parameters={"FunctionName": _CODE})),
        "list-import calls arn:aws:lambda:eu-central-1:1:function:own: name its alias live.",
    ),
    ("alarms-name-runbooks", "cloudwatch/metricAlarm", without("alarmDescription"), "names no runbook"),
    ("alarms-have-recipients", "cloudwatch/metricAlarm", without("alarmActions"), "has no recipient: name a topic in"),
    ("functions-are-traced", "lambda/function", without("tracingConfig"), "is not traced, or does not log in JSON"),
    ("functions-have-error-alarms", "cloudwatch/metricAlarm", gone, "has no alarm on its errors"),
    ("resources-are-tagged", "sqs/queue", having(tags={"context": "payment"}), "has no tag stack, owner: set tags"),
    ("resources-are-tagged", "lambda/eventSourceMapping", without("tags"), "has no tag context, stack, owner"),
    ("resources-do-not-replace-each-other", "iam/rolePolicy", having(name="use"), "since both have name use: rename"),
    ("resources-do-not-replace-each-other", "cloudwatch/metricAlarm", having(name="late"), "name late: rename"),
    ("resources-do-not-replace-each-other", "s3/bucketPolicy", having(bucket="one"), "bucket one: rename"),
    ("resources-do-not-replace-each-other", "iam/role", having(name="one"), "is refused, since both have name one"),
    (
        "functions-have-code",
        "lambda/function",
        having(handler="payment.handlers.nowhere.lambda_handler"),
        "has no code: write src/payment/handlers/nowhere.py",
    ),
    (
        "functions-have-code",
        "lambda/function",
        having(handler="payment.list_steps.nothing"),
        "has no code: write src/payment/list_steps.py with a `nothing`.",
    ),
    (
        "functions-have-code",
        "lambda/function",
        having(handler="bounded_context.handlers.entry_points.nothing"),
        "has no code: the library has no bounded_context.handlers.entry_points.nothing.",
    ),
    (
        "code-is-deployed",
        "lambda/function",
        gone,
        "No function deploys verify_subscription of src/payment/list_steps.py",
    ),
    (
        "states-follow-one-another",
        "sfn/stateMachine",
        with_states(lambda state: state.update(Next="Nowhere")),
        "goes to Nowhere, which is not a state",
    ),
    (
        "state-names-are-unique",
        "sfn/stateMachine",
        with_state("VerifyParts", lambda state: state["ItemProcessor"]["States"].update(Failed={"Type": "Fail"})),
        "has 2 states Failed",
    ),
    ("state-names-are-unique", "sfn/stateMachine", _twice, "has 2 states Done"),
    (
        "tasks-are-tried-again",
        "sfn/stateMachine",
        with_states(lambda state: state.pop("Retry")),
        "is tried once: give it a Retry.",
    ),
    (
        "outages-of-lambda-are-outlasted",
        "sfn/stateMachine",
        with_states(lambda state: state["Retry"].pop(1)),
        "The state RegisterList of list-import gives up on Lambda.AWSLambdaException, Lambda.ClientExecutionTimeout",
    ),
    (
        "outages-of-lambda-are-outlasted",
        "sfn/stateMachine",
        with_states(lambda state: state["Retry"].insert(0, {"ErrorEquals": ["Lambda.SdkClientException"]})),
        "gives up on Lambda.SdkClientException after 7 of 600 seconds",
    ),
    (
        "catch-alls-come-last",
        "sfn/stateMachine",
        with_states(lambda state: state["Retry"].reverse()),
        "The state RegisterList of list-import has States.ALL in number 1 of its 4 retriers: write it last.",
    ),
    (
        "catch-alls-come-last",
        "sfn/stateMachine",
        with_states(lambda state: state["Retry"][-1].update(ErrorEquals=["Throttled", "States.ALL"])),
        "has States.ALL beside other errors in one of its retriers: write States.ALL alone.",
    ),
    (
        "catch-alls-come-last",
        "sfn/stateMachine",
        with_state("ImportList", lambda state: state["Catch"].append({"ErrorEquals": ["Late"], "Next": "UndoList"})),
        "The state ImportList of list-import has States.ALL in number 1 of its 2 catchers: write it last.",
    ),
    *(
        ("calls-are-well-formed", "sfn/stateMachine", with_state(state, change), sentence)
        for state, change, sentence in (
            (
                "PublishOutcome",
                lambda state: renamed(state["Parameters"], "Message.$", "Mesage.$"),
                "The state PublishOutcome of list-import: Publish has no Mesage: write Message.",
            ),
            (
                "PublishOutcome",
                lambda state: renamed(state["Parameters"]["MessageAttributes"]["type"], "DataType", "Type"),
                "Publish has no MessageAttributes.type.Type: write",
            ),
            (
                "PublishOutcome",
                lambda state: state["Parameters"]["MessageAttributes"].update(type="String"),
                "Publish's MessageAttributes.type takes a structure of DataType, StringValue, BinaryValue, not",
            ),
            (
                "PublishOutcome",
                lambda state: state["Parameters"]["MessageAttributes"]["type"].pop("DataType"),
                "Publish needs MessageAttributes.type.DataType: write it.",
            ),
            (
                "MarkImported",
                lambda state: state["Parameters"].update(ReturnValues="ALL"),
                "UpdateItem's ReturnValues takes one of 5 values such as",
            ),
            (
                "MarkImported",
                lambda state: state["Parameters"]["ExpressionAttributeValues"].update({":imported": "IMPORTED"}),
                "UpdateItem's ExpressionAttributeValues.:imported takes a structure of S, N",
            ),
            (
                "MarkImported",
                lambda state: state["Parameters"]["Key"]["pk"].update(S=1),
                "UpdateItem's Key.pk.S takes a text, not 1",
            ),
            (
                "MarkImported",
                lambda state: state.update(Resource="arn:aws:states:::dynamodb:updateItems"),
                "dynamodb has no updateItems: write the name of a call.",
            ),
        )
    ),
    *(
        (promise, "sfn/stateMachine", with_state(state, change), f"{state} of list-import{sentence}")
        for promise, state, change, sentence in (
            (
                "parts-run-to-their-ends",
                "ImportList",
                lambda state: state.pop("ToleratedFailurePercentage"),
                " stops after a failed part, while functions write: tolerate 100 percent of failures.",
            ),
            (
                "checks-tolerate-no-failure",
                "VerifyParts",
                lambda state: state.update(ToleratedFailurePercentage=100),
                " goes on after a failure: remove ToleratedFailurePercentage.",
            ),
            (
                "maps-keep-the-state-small",
                "UndoList",
                lambda state: state["ItemProcessor"]["States"]["UndoPart"].pop("Catch"),
                ": a failed child UndoPart returns its whole record: catch States.ALL",
            ),
            (
                "maps-keep-the-state-small",
                "ImportList",
                lambda state: state["ItemProcessor"]["States"]["ImportPart"].pop("ResultSelector"),
                ": the child ImportPart returns the whole answer of its call",
            ),
            (
                "maps-read-again",
                "ValidateRanges",
                lambda state: state.pop("Retry"),
                " gives up on States.ItemReaderFailed after 0 of 300 seconds",
            ),
            (
                "maps-limit-their-children",
                "VerifyParts",
                lambda state: state.pop("MaxConcurrency"),
                " starts up to 10,000 children at once",
            ),
            (
                "failures-are-undone",
                "MarkImported",
                lambda state: state["Catch"][0].update(Next="CompensateError"),
                " leaves the list open: catch States.ALL, and go to UndoList.",
            ),
            (
                "failures-are-undone",
                "ValidateList",
                lambda state: state.pop("Catch"),
                " leaves the list open: catch States.ALL, and go to CompensateError.",
            ),
            (
                "only-verified-lists-are-imported",
                "IsVerified",
                lambda state: state.update(Default="ImportList"),
                " does not close a list with an unexpected outcome: write the Default CompensateError.",
            ),
            (
                "outcomes-are-published",
                "MarkImported",
                lambda state: state.update(Next="Done"),
                " without its event: publish the event first.",
            ),
            (
                "imported-lists-are-complete",
                "MarkImported",
                lambda state: state["Parameters"].update(ConditionExpression="#status IN (:importing, :imported)"),
                " marks a list that is not complete",
            ),
            (
                "repeated-announcements-do-nothing",
                "IsRegistered",
                lambda state: state["Choices"].pop(1),
                " goes on after ALREADY_REGISTERED: let this outcome lead to a Succeed.",
            ),
            (
                "throttled-calls-wait",
                "RegisterList",
                lambda state: state["Retry"].pop(0),
                " gives up on Throttled: copy the first retrier of ValidateList.",
            ),
            (
                "executions-end",
                "RegisterList",
                lambda state: state.pop("TimeoutSeconds"),
                " repeats calls that still run: write a TimeoutSeconds above",
            ),
        )
    ),
    ("calls-are-permitted", "iam/rolePolicy", gone, "which its role may not: grant it."),
    (
        "aws-takes-the-stacks",
        "lambda/function",
        having(timeout=901.0),
        "lambda/function verify-payment, timeout: CreateFunction's Timeout takes a whole number",
    ),
)

ELSEWHERE = {
    "approvals-are-awaited",
    "events-contain-every-field",
    "commands-run-their-rule",
    "lists-obey-the-rule",
    "nothing-of-lists-is-left",
    "refusals-are-declared",
    "rules-accept-samples",
    "rules-make-one-change",
    "partners-can-check-lists",
    "settings-are-read",
    "events-keep-their-contract",
    "events-are-described",
    "events-before-are-made",
    "callers-find-what-they-rely-on",
    "routes-are-described",
    "lists-are-described",
    "statuses-are-drawn",
    "the-context-is-drawn",
    "agents-are-instructed",
    "written-files-are-current",
    "ejected-code-is-current",
    "the-catalogue-is-current",
    "stored-data-is-readable",
    "the-interface-is-compatible",
    "deprecated-contracts-stay-until-their-day",
    "consumed-events-are-read",
    "waivers-are-needed",
    "the-program-exports-its-outputs",
    "each-stack-has-its-functions-and-queues",
}
"""Those that look at files: a team's changes break them, on a fresh bake."""

BY_NAME: Mapping[str, Any] = {promise.name: promise for promise in PROMISES}


@pytest.fixture(scope="module")
def prod() -> Graph:
    """The default context's stack of production."""
    return run("prod")


def repository(graph: Graph) -> Repository:
    """The default context's repository, with this for its stack."""
    repository = Repository(current())
    repository.__dict__["graph"] = graph
    return repository


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_the_default_context_keeps_its_promises(promise: Any, prod: Graph) -> None:
    """What follows breaks by the change alone."""
    assert promise.breaches(repository(prod)) == []


def _changed(prod: Graph, kind: str, change: Change) -> Graph:
    """Return the graph with each resource of a kind changed."""
    changed = [change(node) if node.kind == kind else node for node in prod.nodes]
    return replace(prod, nodes=[node for node in changed if node is not None])


@pytest.mark.parametrize(("name", "kind", "change", "sentence"), BREACHES)
def test_a_breach_is_a_sentence(name: str, kind: str, change: Change, sentence: str, prod: Graph) -> None:
    """It names the resource, and says what to write."""
    breaches = BY_NAME[name].breaches(repository(_changed(prod, kind, change)))
    assert any(sentence in breach for breach in breaches), breaches


_MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:other"
_INTEGRATIONS: tuple[tuple[str, str, Any], ...] = (
    ("http:invoke", "Parameters", {"ApiEndpoint": "https://example.org", "Method": "GET"}),
    ("eks:call", "Parameters", {"ClusterName": "c", "Path": "/"}),
    ("sqs:sendMessage.waitForTaskToken", "Parameters", {"QueueUrl.$": "$.url", "MessageBody": {"token.$": "$$.Task"}}),
    ("states:startExecution.sync:2", "Parameters", {"StateMachineArn": _MACHINE, "Input": {"list_id.$": "$.list_id"}}),
    ("aws-sdk:codebuild:startBuild", "Parameters", {"ProjectName": "build"}),
    ("aws-sdk:sfn:startExecution", "Arguments", {"StateMachineArn": "{% $machine %}", "Input": "{}"}),
    ("sns:publish", "Arguments", "{% $states.input %}"),
)


@pytest.mark.parametrize(("call", "name", "value"), _INTEGRATIONS)
def test_a_call_of_a_team_is_valid_if_aws_accepts_it(call: str, name: str, value: Any, prod: Graph) -> None:
    """Names begin with a capital letter, values may come from the state, and texts may be written as JSON."""

    def change(state: dict[str, Any]) -> None:
        del state["Parameters"]
        state |= {"Resource": f"arn:aws:states:::{call}", name: value}

    changed = _changed(prod, "sfn/stateMachine", with_state("PublishOutcome", change))
    assert BY_NAME["calls-are-well-formed"].breaches(repository(changed)) == []


def _another(command: Any, payments: Any) -> Any:
    return register_payment(command, payments)


@pytest.mark.parametrize(
    ("rule", "runs"),
    [
        (None, "runs no rule"),
        (_another, "runs _another"),
    ],
)
def test_a_verification_without_the_commands_rule_is_reported(
    rule: Any, runs: str, prod: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has none, or another than the declaration names."""
    checks = [] if rule is None else [CreatingRule(PAYMENT, rule, InMemory(PAYMENT).aggregates)]
    monkeypatch.setitem(vars(list_steps.verify_subscription), "needs", (lambda: checks,))
    assert BY_NAME["lists-obey-the-rule"].breaches(repository(prod)) == [
        f"verify_subscription of src/payment/list_steps.py {runs} for rows: write `aws.obeys(PAYMENT)` into its checks."
    ]


@pytest.mark.parametrize(("rule", "breaches"), [(register_payment, 0), (_another, 1)])
def test_an_own_entry_point_runs_the_declared_rule(
    rule: Any, breaches: int, prod: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else callers and lists would follow different rules."""
    own = command_handler(PAYMENT, PAYMENT.creating.model, rule, lambda: InMemory(PAYMENT).aggregates)
    monkeypatch.setattr(list_steps, "own", own, raising=False)
    change = having(handler="payment.list_steps.own")
    graph = _changed(prod, "lambda/function", lambda node: change(node) if node.name == "register-payment" else node)
    assert len(BY_NAME["commands-run-their-rule"].breaches(repository(graph))) == breaches


def test_a_promise_leaves_the_environment_as_it_was(prod: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """It builds what the smoke check builds, of an account that is none."""
    monkeypatch.delenv("TABLE_NAME", raising=False)
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    before = dict(os.environ)
    BY_NAME["lists-obey-the-rule"].breaches(repository(prod))
    assert dict(os.environ) == before


def test_the_pipeline_obeys_the_policies_of_production(prod: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its rule cannot tell would be lost."""
    pipeline = run_delivery("main")
    strip = without("deadLetterConfig")
    nodes = (strip(node) if node.kind == "cloudwatch/eventTarget" else node for node in pipeline.nodes)
    changed = replace(pipeline, nodes=[node for node in nodes if node])
    monkeypatch.setattr(_promise, "run_delivery", lambda _: changed)
    breaches = BY_NAME["rules-have-dead-letters"].breaches(repository(prod))
    [breach] = breaches
    assert " failed " in breach
    assert "dead_letter_config" in breach


def test_a_variable_that_a_handler_reads_by_name_is_missed(prod: Graph, tmp_path: Path) -> None:
    """Variables that Lambda sets, and those that the module sets itself, are there."""
    sources = tmp_path / "src" / "payment"
    sources.mkdir(parents=True)
    reads = 'os.environ["RECEIPTS"], os.environ["AWS_REGION"]\nos.environ["OWN"] = "1"\n'
    (sources / "write.py").write_text(reads)
    own = having(handler="payment.write.lambda_handler")
    graph = _changed(prod, "lambda/function", lambda node: own(node) if node.name == "relay-events" else None)
    project = SimpleNamespace(root=current().root, settings=current().settings, sources=sources)
    where: Any = SimpleNamespace(context=PAYMENT, graph=graph, project=project)
    [breach] = BY_NAME["presets-have-the-variables"].breaches(where)
    assert " RECEIPTS," in breach
    assert breach.startswith("infra/service/functions.py")


def test_an_unused_setting_is_named() -> None:
    """With what it may have been meant to be: a slip of the pen would leave the default without a word."""
    graphs = {"service prod": run("prod", log_retention_day=30, colour="blue"), "pipeline main": run_delivery("main")}
    where: Any = SimpleNamespace(graphs=graphs, project=current())
    unlike, like = BY_NAME["settings-are-read"].breaches(where)
    assert all("infra/service/Pulumi.prod.yaml" in breach for breach in (unlike, like))
    assert " colour:" in unlike
    assert " log_retention_day:" in like
    assert "write log_retention_days," in like


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
    assert BY_NAME["events-contain-every-field"].breaches(where) == sentences


@pytest.mark.parametrize(
    ("output", "lacking"),
    [
        ("functions", ["infra/service/functions.py: prod does not deploy get_payment"]),
        ("queues", ["infra/service/__main__.py: prod has no queue of the subscriber bi"]),
    ],
)
def test_a_function_or_a_queue_that_a_stack_lacks_is_named(output: str, lacking: list[str], prod: Graph) -> None:
    """With the file to repair. A stack without the output breaks another promise."""
    rest = {name: arn for name, arn in prod.outputs[output].items() if name not in {"get_payment", "bi"}}
    for outputs, expected in ((rest, lacking), (None, [])):
        where = repository(prod)
        where.__dict__["graphs"] = {"service prod": replace(prod, outputs={**prod.outputs, output: outputs})}
        breaches = BY_NAME["each-stack-has-its-functions-and-queues"].breaches(where)
        assert [breach.partition(": keep")[0] for breach in breaches] == expected


def test_parts_of_lists_are_leftovers_in_a_context_without_lists(prod: Graph) -> None:
    """Each component, and the module of the steps; a context with lists has none too many."""
    project, graphs = current(), {"service prod": prod}
    for context, leftovers in ((project.context, []), (_without_lists(project.context), _PARTS)):
        where: Any = SimpleNamespace(context=context, graphs=graphs, project=project)
        breaches = BY_NAME["nothing-of-lists-is-left"].breaches(where)
        assert [part for part in _PARTS if any(part in breach for breach in breaches)] == leftovers


_PARTS = ["has Inbox", "has Workflow", "has ListAlarms", "list_steps.py"]


def _without_lists(context: Context[Any]) -> Context[Any]:
    return replace(context, verification=None, queried_by=(), versions={})


def test_each_promise_has_a_breach() -> None:
    """A check that cannot fail holds nothing."""
    assert {name for name, *_ in BREACHES} | ELSEWHERE == set(BY_NAME)
