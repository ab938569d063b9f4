"""Alarms: what they watch, what they say, whom they tell, and what the runbook says of them."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from bounded_context.declaration import measures
from bounded_context_cli.docs import FOLDER
from bounded_context_infra.configuration.alarms import Objectives, Thresholds

from .alarms import (
    children,
    composites,
    everything_of,
    expressions,
    metric_alarms,
    name_of,
    notifiers,
    prefix_of,
    severity_of,
    watched,
)
from .graph import CONTEXT, Graph, Node, run, run_shape
from .test_permissions import granted

RUNBOOK = FOLDER / "runbook.md"
FUNCTION = CONTEXT.functions[0]


@pytest.fixture(scope="session")
def large() -> Graph:
    """The largest context that can be."""
    return run_shape("the largest", "prod")


def anchor(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def section(alarm: Any) -> str:
    return alarm.inputs["alarmDescription"].rpartition("#")[2]


def test_every_alarm_notifies_one_topic_at_its_start_and_end(full: Graph) -> None:
    """Nobody has to look whether something is over."""
    assert full.outputs["alarm_topic_arn"] != full.outputs["warning_topic_arn"]
    for node in notifiers(full).values():
        assert node.inputs["alarmActions"] == node.inputs["okActions"]
        assert severity_of(full, node) in ("critical", "warning")


def test_an_alarm_has_one_or_two_sentences_and_a_link(full: Graph) -> None:
    """CloudWatch takes 1,024 characters."""
    for node in everything_of(full):
        description = node.inputs["alarmDescription"]
        says, _, link = description.partition(" Runbook: ")
        assert re.fullmatch(r"https://example\.org/runbook\.md#[a-z-]+", link), node.name
        assert 1 <= len(re.findall(r"[.](?= |$)", says)) <= 2, says
        assert 30 < len(description) <= 1024, node.name


def test_without_a_setting_alarms_name_the_command_that_prints_their_section(prod: Graph) -> None:
    """In a clone of the repository, whatever the code host is."""
    for node in everything_of(prod):
        _, _, command = node.inputs["alarmDescription"].partition(" Runbook: ")
        assert re.match(r"uv run .*\brunbook [a-z-]+", command), node.name


OF_A_WORK_QUEUE = "work-waits-in-a-queue"
OF_AN_APPROVAL = "a-list-waits-for-its-approval"
OF_A_SCHEDULE = "a-schedule-drops-calls"
"""Which a stack has that a team has given one; a schedule, if its calls are rare."""
OF_DEADLINES = ("deadlines-are-late", "deadlines-are-refused")
"""Which a context with deadlines has."""
OF_AN_ARCHIVE = "an-archive-is-incomplete"
OF_EXPORTS = ("exported-files-are-late", "an-exported-file-is-not-fetched")
"""Which a context with exports has."""


def test_every_section_that_an_alarm_names_is_there_and_every_section_has_an_alarm(full: Graph) -> None:
    """A link that leads nowhere is found at night."""
    text = RUNBOOK.read_text()
    of_alarms = re.findall(r"^### (.+)$", text, re.MULTILINE)
    others = {OF_A_WORK_QUEUE, OF_A_SCHEDULE, OF_AN_APPROVAL, OF_AN_ARCHIVE, *OF_DEADLINES, *OF_EXPORTS}
    assert {section(node) for node in everything_of(full)} | others == set(map(anchor, of_alarms))
    headings = Counter(map(anchor, re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)))
    assert set(headings.values()) == {1}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(headings)


def rows() -> list[tuple[str, str, str]]:
    """The runbook's table: an alarm's name, its severity, its section."""
    entries = re.findall(r"^\| `([^`]+)` \| (\w+) \| \[[^\]]+\]\(#([^)]+)\) \|$", RUNBOOK.read_text(), re.MULTILINE)
    return sorted(entries, key=lambda row: len(re.sub(r"<\w+>", "", row[0])), reverse=True)


OF_A_PAUSE = (
    *("callers-throttles", "background-throttles", "commands-burn-fast", "commands-burn-slow", "mappings-failing"),
    *("relay-events-stream-age", "measure-lists-stream-age"),
)
"""The alarms that a pause of the stack sets off: throttled functions, and readers that are disabled."""


@pytest.mark.parametrize("alarm", OF_A_PAUSE)
def test_the_section_of_an_alarm_of_a_pause_begins_with_the_repair(alarm: str) -> None:
    """To enable a reader by hand would then be wrong."""
    [link] = [link for name, _, link in rows() if name == alarm]
    sections = {anchor(text.partition("\n")[0]): text for text in re.split(r"^### ", RUNBOOK.read_text(), flags=re.M)}
    looked = sections[link].partition("**First look.**")[2]
    assert re.findall(r"`((?:uv run|aws) [^`]*)`", sections[link])[0] == "uv run context rollout status <stack>"
    assert "a repair" in looked.lower().partition("saved query")[0]


@pytest.mark.parametrize("shape", ["full", "large"])
def test_the_runbooks_table_has_every_alarm_with_its_severity_and_its_section(
    shape: str, request: pytest.FixtureRequest
) -> None:
    """Where two rows fit, the one that says more counts; one that continues another has its name and a number."""
    graph: Graph = request.getfixturevalue(shape)
    for numbered, node in notifiers(graph).items():
        name = re.sub(r"-\d+$", "", numbered)
        _, severity, link = next(row for row in rows() if re.fullmatch(re.sub(r"<\w+>", "[a-z0-9-]+", row[0]), name))
        assert severity == severity_of(graph, node), name
        assert link in node.inputs["alarmDescription"], name


@pytest.mark.parametrize("setting", ["thresholds", "objectives"])
def test_the_runbook_has_the_default_of_each_limit(setting: str) -> None:
    """A number in the documentation that is not that of the code is worse than none."""
    kind = {"thresholds": Thresholds, "objectives": Objectives}[setting]
    said = dict(re.findall(rf"^\| `{setting}\.(\w+)` \| ([\d.]+) \|", RUNBOOK.read_text(), re.MULTILINE))
    assert {name: float(value) for name, value in said.items()} == dataclasses.asdict(kind())


def test_an_alarm_watches_existing_resources(full: Graph) -> None:
    """Every dimension names a resource of the stack, or AWS's own word."""
    known: dict[str, set[str]] = {
        "FunctionName": {node.inputs["name"] for node in full.of("lambda/function")},
        "Resource": {f"{node.inputs['functionName']}:{node.inputs['name']}" for node in full.of("lambda/alias")},
        "ExecutedVersion": {node.outputs["version"] for node in full.of("lambda/function")},
        "QueueName": {node.inputs["name"] for node in full.of("sqs/queue")},
        "StateMachineArn": {full.one("sfn/stateMachine").arn},
        "TableName": {full.one("dynamodb/table").inputs["name"]},
        "GlobalSecondaryIndexName": {
            index["name"] for index in full.one("dynamodb/table").inputs["globalSecondaryIndexes"]
        },
        "BackupVaultName": {
            copy["destinationVaultArn"].rpartition(":")[2]
            for plan in full.of("backup/plan")
            for rule in plan.inputs["rules"]
            for copy in rule["copyActions"]
        },
        "RuleName": {node.inputs["name"] for node in full.of("cloudwatch/eventRule")},
        "ApiId": {node.outputs["id"] for node in full.of("apigatewayv2/api")},
        "Stage": {node.inputs["name"] for node in full.of("apigatewayv2/stage")},
        "service": {
            node.inputs["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"] for node in full.of("lambda/function")
        },
        "reason": set(CONTEXT.measures.rows_rejected.values),
    }
    for node in metric_alarms(full):
        for metric in watched(node):
            assert metric.dimensions, node.name
            for dimension, value in metric.dimensions.items():
                assert dimension == "Operation" or value in known[dimension], (node.name, dimension)


def test_an_alarm_watches_metrics_that_the_code_writes(full: Graph) -> None:
    """A misspelt metric has no data, and its alarm is quiet for ever. The documented rules judge AWS's metrics."""
    own = (*measures.PLATFORM, CONTEXT.measures.rows_rejected)
    written = {measure.name: {measure.dimension} - {None} for measure in own}
    for node in metric_alarms(full):
        for metric in watched(node):
            if metric.namespace == prefix_of(full):
                assert set(metric.dimensions) - {"service"} == written[metric.name]


def test_every_index_of_the_table_is_watched_for_throttles(full: Graph) -> None:
    """One that is throttled on its own is in no metric of the table."""
    alarm = notifiers(full)["table-throttles"]
    watched_indexes = {metric.dimensions.get("GlobalSecondaryIndexName", "") for metric in watched(alarm)}
    indexes = full.one("dynamodb/table").inputs["globalSecondaryIndexes"]
    assert watched_indexes == {"", *(index["name"] for index in indexes)}


def test_every_operation_on_the_table_is_watched_for_errors_of_aws(full: Graph) -> None:
    """AWS counts them by operation; a function may do none that no alarm adds up."""
    alarm = notifiers(full)["table-system-errors"]
    operations = {metric.dimensions["Operation"] for metric in watched(alarm)}
    table = full.one("dynamodb/table").arn
    allowed = {
        action.removeprefix("dynamodb:").replace("PartiQLInsert", "BatchExecuteStatement")
        for policy, statement in full.statements("iam/rolePolicy")
        if table in statement["Resource"] and policy.inputs["role"] != f"{prefix_of(full)}-backup"
        for action in statement["Action"]
    }
    assert allowed <= operations
    assert {"TransactWriteItems", "TransactGetItems"} < operations


def names_in(alarms: Iterable[Node], metric: str, dimension: str) -> Counter[str]:
    """How many of the alarms watch each value of a metric's dimension, the newest version apart."""
    metrics = [candidate for alarm in alarms for candidate in watched(alarm) if candidate.name == metric]
    return Counter(
        candidate.dimensions[dimension] for candidate in metrics if "ExecutedVersion" not in candidate.dimensions
    )


def test_every_function_behind_an_alias_is_watched(full: Graph) -> None:
    """Errors, throttles, duration, each by one alarm; CodeDeploy calls the hooks of releases and tells by itself."""
    functions = {f"{prefix_of(full)}-{function.replace('_', '-')}" for function in CONTEXT.functions}
    for what, metric in (("errors", "Errors"), ("throttles", "Throttles"), ("duration", "Duration")):
        alarms = [
            node for name, node in notifiers(full).items() if re.fullmatch(rf"(callers|background)-{what}(-2)?", name)
        ]
        assert names_in(alarms, metric, "FunctionName") == dict.fromkeys(functions, 1)
    for function in functions:
        assert f"{function.removeprefix(prefix_of(full))[1:]}-new-version-errors" in notifiers(full)


def test_functions_of_callers_and_retried_functions_have_separate_alarms(full: Graph) -> None:
    """Each alarm says which functions it may be."""
    callers = notifiers(full)["callers-errors"]
    waited_for = {name.replace("_", "-") for name in (*CONTEXT.command_functions, *CONTEXT.queries)}
    functions = {metric.dimensions["FunctionName"] for metric in watched(callers)}
    assert functions == {f"{prefix_of(full)}-{name}" for name in waited_for}
    assert all(name in callers.inputs["alarmDescription"] for name in waited_for)


def test_every_queue_and_every_reader_of_the_stream_is_watched(full: Graph) -> None:
    """Dead letters for being there, a subscriber's messages for their age, a reader for being behind."""
    queues = [node.inputs["name"] for node in full.of("sqs/queue")]
    dead = {name for name in queues if name.endswith("-dead-letters")}
    letters = [notifiers(full)[f"dead-letters-{severity}"] for severity in ("critical", "warning")]
    assert names_in(letters, "ApproximateNumberOfMessagesVisible", "QueueName") == dict.fromkeys(dead, 1)
    waiting = [notifiers(full)[name] for name in ("events-age", "inbound-age")]
    alive = {name for name in queues if name not in dead}
    assert names_in(waiting, "ApproximateAgeOfOldestMessage", "QueueName") == dict.fromkeys(alive, 1)
    for mapping in full.stream_readers():
        assert notifiers(full)[f"{mapping.name.removesuffix('-stream')}-stream-age"]


def test_dead_letters_without_another_trace_are_critical(full: Graph) -> None:
    """Uploads that started nothing, and changes that no subscriber was told of."""
    urgent = names_in([notifiers(full)["dead-letters-critical"]], "ApproximateNumberOfMessagesVisible", "QueueName")
    assert set(urgent) == {f"{prefix_of(full)}-{name}-dead-letters" for name in ("uploads", "relay-events")}


def test_lost_data_and_waiting_partners_are_critical(full: Graph) -> None:
    """And what fixes itself, or is a subscriber's, does not."""
    critical = {name for name, node in notifiers(full).items() if severity_of(full, node) == "critical"}
    expected = {"callers-errors", "background-errors", "commands-burn-fast"}
    expected |= {"dead-letters-critical", "relay-events-stream-age"}
    expected |= {"api-errors", "api-burn-fast"} if CONTEXT.routes else set()
    expected |= {"list-import-failed", "list-import-timed-out", "lists-unfinished", "lists-burn-fast"}
    expected |= {"lists-uploads-quarantined", "lists-uploads-unseen", "mappings-failing", "relay-events-given-up-lost"}
    assert critical == expected


def test_the_number_of_alarms_of_a_stack_is_limited(prod: Graph) -> None:
    """Thirty-six, and one for each function that stops its releases alone."""
    of_releases = {name for group in prod.of("codedeploy/deploymentGroup") for name in _stopping(group)}
    assert len(of_releases) == len(CONTEXT.functions)
    assert len(metric_alarms(prod)) - len(of_releases) <= 36


def test_a_stack_may_leave_warnings_out(full: Graph) -> None:
    """What wakes somebody stays, and the sum of it; all else is one word in the stack's file away."""
    few = run("staging", alarms="critical", rollout_strategy="AllAtOnce", malware="guardduty")
    critical = {name for name, node in notifiers(full).items() if severity_of(full, node) == "critical"}
    assert {name_of(node).removeprefix(f"{prefix_of(few)}-") for node in everything_of(few)} == critical | {"unhealthy"}
    assert len(children(notifiers(few)["unhealthy"])) == len(critical)


def test_a_stack_may_have_no_alarms_at_all() -> None:
    """Nor what asks for them: its releases, the workflow's, and the sum."""
    none = run("dev", alarms="none", rollout_strategy="Canary10Percent5Minutes")
    assert everything_of(none) == []
    assert (none.outputs["unhealthy_alarm"], none.outputs["release"]["workflow_alarms"]) == (None, [])
    assert {str(_stopping(group)) for group in none.of("codedeploy/deploymentGroup")} == {"[]"}


def test_an_idle_stack_without_warnings_costs_little() -> None:
    """Of its 15 USD a month alarms, dashboards, key and the metrics that schedules write leave a sixth."""
    few = run("dev", alarms="critical")
    metrics = sum(len(watched(node)) for node in metric_alarms(few))
    alarms = 0.10 * metrics + 0.50 * len(composites(few))
    written = 0.30 * len([measures.OLDEST_UNFINISHED, measures.UPLOADS_UNSEEN, measures.MAPPINGS_FAILING])
    others = 3.00 * len(few.of("cloudwatch/dashboard")) + 1.00 * len(few.of("kms/key"))
    assert alarms + others + written <= 12.5


def _stopping(group: Node) -> list[str]:
    return group.inputs["alarmConfiguration"]["alarms"]


def test_names_are_unique_and_only_the_stack_changes_them(full: Graph, shared: Graph) -> None:
    """A renamed alarm forgets its history, and whoever asks for it by name."""
    names = [name_of(node) for node in everything_of(full)]
    assert len(names) == len(set(names))
    assert all(name.startswith(f"{prefix_of(full)}-") for name in names)
    optional = {"lists-expected", "lists-uploads-quarantined", "backup-copies", "backup-failed"}
    optional.add(f"{FUNCTION.replace('_', '-')}-latency")
    assert set(notifiers(full)) - optional == set(notifiers(shared))


def test_the_context_is_unhealthy_while_any_critical_alarm_is_on(full: Graph) -> None:
    """Exactly those, and it is told where nobody is woken a second time."""
    composite = notifiers(full)["unhealthy"]
    critical = {name_of(node) for node in notifiers(full).values() if severity_of(full, node) == "critical"}
    assert composite.inputs["alarmRule"] == " OR ".join(f'ALARM("{name}")' for name in children(composite))
    assert set(children(composite)) == critical
    assert severity_of(full, composite) == "warning"
    assert full.outputs["unhealthy_alarm"] == name_of(composite)


def test_a_composite_alarm_depends_on_its_members(full: Graph) -> None:
    """CloudWatch refuses a rule with an alarm that does not exist."""
    urns = {name_of(node): node.urn for node in everything_of(full)}
    for node in composites(full):
        assert {urns[child] for child in children(node)} <= node.dependencies


def test_the_limits_of_cloudwatch_hold_for_the_largest_context(large: Graph) -> None:
    """100 alarms, 500 elements, 10,240 characters in a composite alarm; 10 metrics of one period in an expression."""
    promising = [node for name, node in notifiers(large).items() if name.startswith("commands-burn-fast")]
    assert sum(names_in(promising, "Invocations", "FunctionName").values()) == 20
    assert len(promising) == 7
    for node in composites(large):
        assert len(children(node)) <= 100
        assert len(node.inputs["alarmRule"].split()) <= 500
        assert len(node.inputs["alarmRule"]) <= 10_240
    for node in metric_alarms(large):
        assert len(watched(node)) <= 10
        assert all(len(text) <= 2048 for text in expressions(node).values())
        assert len(expressions(node)) <= 10
        assert len({metric.period for metric in watched(node)}) == 1
    for node in everything_of(large):
        assert len(name_of(node)) <= 255
        assert len(node.inputs["alarmDescription"]) <= 1024


def test_an_alarm_never_looks_back_further_than_cloudwatch_does(full: Graph) -> None:
    """A day with periods below an hour, else a week; a week is the most that a list may be waited for."""
    for node in metric_alarms(full):
        period = watched(node)[0].period
        assert period * node.inputs["evaluationPeriods"] <= (86_400 if period < 3600 else 604_800), node.name
        assert period % 60 == 0
        assert node.inputs["datapointsToAlarm"] <= node.inputs["evaluationPeriods"]


def test_missing_data_are_good_but_where_that_would_be_a_lie(full: Graph) -> None:
    """No list is what one alarm is about, and the watcher's silence is no good news."""
    unusual = {n.inputs["name"]: n.inputs["treatMissingData"] for n in metric_alarms(full)}
    unusual = {name: missing for name, missing in unusual.items() if missing != "notBreaching"}
    prefix = prefix_of(full)
    for awaited in ("lists-expected", "backup-copies"):
        assert unusual.pop(f"{prefix}-{awaited}") == "breaching"
    watched = {f"{prefix}-{name}" for name in ("lists-unfinished", "lists-uploads-unseen", "mappings-failing")}
    assert {unusual.pop(name) for name in watched} == {"missing"}
    warnings = full.outputs["warning_topic_arn"]
    silent = {n.inputs["name"]: n.inputs["insufficientDataActions"] for n in metric_alarms(full)}
    assert {name: topics for name, topics in silent.items() if topics} == {name: [warnings] for name in watched}
    assert unusual == {}


def test_lists_are_waited_for_only_where_the_stack_expects_them(full: Graph, prod: Graph) -> None:
    """Whether it is bad that no list comes is for the stack to say."""
    assert "lists-expected" not in notifiers(prod)
    alarm = notifiers(full)["lists-expected"].inputs
    assert (alarm["evaluationPeriods"], alarm["datapointsToAlarm"]) == (168, 168)
    assert [metric.period for metric in watched(notifiers(full)["lists-expected"])] == [3600]
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("LessThanThreshold", 1)


def test_thresholds_arrive_in_the_alarms(full: Graph) -> None:
    """Each in the unit of its metric."""
    limits = {name: node.inputs.get("threshold") for name, node in notifiers(full).items()}
    assert {limits["callers-duration"], limits["background-duration"]} == {50}
    assert {limits["events-age"], limits["inbound-age"]} == {7 * 60}
    assert limits["relay-events-stream-age"] == 3 * 60 * 1000
    assert limits["lists-unfinished"] == 90 * 60
    assert limits["lists-rejected"] == 0


def test_objectives_arrive_in_the_alarms(full: Graph) -> None:
    """The share that may be bad divides the share that is."""
    for name, share in (("commands", "0.005000"), ("lists", "0.020000")):
        for speed, rate, window in (("fast", 14.4, 3600), ("slow", 6, 21_600)):
            alarm = notifiers(full)[f"{name}-burn-{speed}"]
            *burns, worst = expressions(alarm).values()
            assert {metric.period for metric in watched(alarm)} == {window}
            assert alarm.inputs["threshold"] == rate
            assert all(f"/ {share}" in burn for burn in burns)
            assert worst.startswith("MAX([part1")
    assert "over 20 minutes" in notifiers(full)["lists-burn-fast"].inputs["alarmDescription"]
    assert {"14.4", "98 %"} <= set(
        re.findall(r"14\.4|\d+ %", notifiers(full)["lists-burn-fast"].inputs["alarmDescription"])
    )


def test_only_cloudwatch_and_releases_may_publish_to_a_topic(full: Graph) -> None:
    """CloudWatch for alarms of this stack, on both; releases by their role, on that of warnings."""
    for name in ("alarms", "warnings"):
        policy = full.one("sns/topicPolicy", f"{name}-policy").document()["Statement"]
        (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
        assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert allowed["Action"] == ["sns:Publish"]
        assert allowed["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f":alarm:{prefix_of(full)}-*")
    (publish,) = [s["Resource"] for s in granted(full, "release") if "sns:Publish" in s["Action"]]
    assert publish == [full.outputs["warning_topic_arn"]]
