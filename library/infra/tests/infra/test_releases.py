"""Releases: how a new version gets its traffic, and what takes it away again."""

from fnmatch import fnmatchcase
from typing import Any

import pytest

from bounded_context_infra.configuration.strategy import PREDEFINED, Strategy

from .graph import ACCOUNT, CONTEXT, REGION, STACKS, Graph, run, stack_config
from .test_permissions import granted

SLOW, QUICK = CONTEXT.functions[0], CONTEXT.functions[-1]


@pytest.fixture(scope="module")
def own(full: Graph) -> Graph:
    """A stack with a strategy of its own, a limit on one function's latency, and an alarm made elsewhere."""
    return full


def groups(graph: Graph) -> dict[str, dict[str, Any]]:
    """Each function's deployment group, by the function's name in AWS."""
    return {node.inputs["deploymentGroupName"]: dict(node.inputs) for node in graph.of("codedeploy/deploymentGroup")}


def alarms(graph: Graph, function: str) -> list[dict[str, Any]]:
    """What watches a function's release."""
    name = graph.one("lambda/function", function.replace("_", "-")).inputs["name"]
    named = {node.inputs["name"]: dict(node.inputs) for node in graph.of("cloudwatch/metricAlarm")}
    return [named[alarm] for alarm in groups(graph)[name]["alarmConfiguration"]["alarms"] if alarm in named]


def test_every_function_behind_an_alias_has_a_release(prod: Graph) -> None:
    """No function changes for all callers at once without anybody choosing so."""
    behind = {node.inputs["functionName"] for node in prod.of("lambda/alias")}
    assert set(groups(prod)) == behind == set(prod.outputs["release"]["groups"].values())


def test_codedeploy_shifts_traffic_and_returns_it(prod: Graph) -> None:
    """A failure, an alarm and a stop all bring the version before back."""
    for group in groups(prod).values():
        assert group["deploymentStyle"] == {
            "deploymentOption": "WITH_TRAFFIC_CONTROL",
            "deploymentType": "BLUE_GREEN",
        }
        assert group["autoRollbackConfiguration"]["enabled"] is True
        assert set(group["autoRollbackConfiguration"]["events"]) == {
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_STOP_ON_ALARM",
            "DEPLOYMENT_STOP_ON_REQUEST",
        }
        assert group["alarmConfiguration"]["enabled"] is True
    assert prod.one("codedeploy/application").inputs["computePlatform"] == "Lambda"


def test_a_failed_release_notifies_the_warning_topic(prod: Graph) -> None:
    """Nobody has to watch a rollout to hear that it failed, and nobody is woken: it is undone by then."""
    for group in groups(prod).values():
        (trigger,) = group["triggerConfigurations"]
        assert trigger["triggerTargetArn"] == prod.outputs["warning_topic_arn"]
        assert set(trigger["triggerEvents"]) == {"DeploymentFailure", "DeploymentStop", "DeploymentRollback"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_strategy_of_aws_is_named(stack: str) -> None:
    """AWS has a deployment configuration for each of its own, whose name is the strategy's with a prefix."""
    strategy = stack_config(stack)[f"{CONTEXT.name}:rollout_strategy"]
    if strategy not in PREDEFINED:
        pytest.skip("this stack has a strategy of its own")
    graph = run(stack)
    configs = {group["deploymentConfigName"] for group in groups(graph).values()}
    assert configs == {f"CodeDeployDefault.Lambda{strategy}"}
    assert graph.of("codedeploy/deploymentConfig") == []
    assert graph.outputs["release"]["strategy"] == strategy


def test_an_own_strategy_gets_a_configuration(own: Graph) -> None:
    """Percentage and minutes are the user's."""
    config = own.one("codedeploy/deploymentConfig")
    routing = config.inputs["trafficRoutingConfig"]
    assert routing == {"type": "TimeBasedLinear", "timeBasedLinear": {"percentage": 25, "interval": 4}}
    assert {group["deploymentConfigName"] for group in groups(own).values()} == {
        config.inputs["deploymentConfigName"],
    }


def test_an_own_canary_gets_a_configuration(varied: Graph) -> None:
    """Its first step is the user's."""
    routing = varied.one("codedeploy/deploymentConfig").inputs
    assert routing["trafficRoutingConfig"] == {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"percentage": 5, "interval": 45},
    }


def test_a_release_is_stopped_by_the_newest_version_of_its_function_alone(prod: Graph) -> None:
    """Neither the version before nor another function takes a good one back."""
    for function in CONTEXT.functions:
        node = prod.one("lambda/function", function.replace("_", "-"))
        (newest,) = alarms(prod, function)
        assert (newest["metricName"], newest["dimensions"]) == (
            "Errors",
            {
                "FunctionName": node.inputs["name"],
                "Resource": f"{node.inputs['name']}:live",
                "ExecutedVersion": node.outputs["version"],
            },
        )


def test_one_failure_of_the_newest_version_is_enough(prod: Graph) -> None:
    """A business refusal is an answer, not a failure: what fails is broken."""
    (newest,) = alarms(prod, CONTEXT.functions[0])
    assert (newest["threshold"], newest["period"], newest["datapointsToAlarm"]) == (0, 60, 1)


def test_latency_is_watched_where_a_limit_is_set(own: Graph) -> None:
    """The limit holds for 95 of 100 calls of the newest version."""
    _, latency = alarms(own, SLOW)
    assert (latency["metricName"], latency["extendedStatistic"], latency["threshold"]) == ("Duration", "p95", 800)
    assert latency["dimensions"]["ExecutedVersion"]
    assert "statistic" not in latency
    assert len(alarms(own, QUICK)) == 1


def test_external_alarms_stop_every_release(own: Graph) -> None:
    """A team's own alarm counts as much as ours."""
    for group in groups(own).values():
        assert group["alarmConfiguration"]["alarms"][-1] == "complaints"


def test_codedeploy_may_read_every_alarm_that_stops_a_release(own: Graph) -> None:
    """It stops a deployment one of whose alarms it cannot read."""
    (read,) = [s["Resource"] for s in granted(own, "release") if "cloudwatch:DescribeAlarms" in s["Action"]]
    for group in groups(own).values():
        for alarm in group["alarmConfiguration"]["alarms"]:
            arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm}"
            assert any(fnmatchcase(arn, pattern) for pattern in read), alarm


def test_no_release_has_more_alarms_than_codedeploy_accepts(varied: Graph) -> None:
    """Ten, with every alarm that the settings allow."""
    assert {len(group["alarmConfiguration"]["alarms"]) for group in groups(varied).values()} == {10}


def test_alarms_of_a_release_are_quiet_without_data_and_notify_no_topic(own: Graph) -> None:
    """What is wrong with a new version alone is undone by the rollout."""
    assert {tuple(alarm["alarmActions"]) for alarm in alarms(own, SLOW)} == {(own.outputs["warning_topic_arn"],)}
    assert {alarm["treatMissingData"] for alarm in alarms(own, SLOW)} == {"notBreaching"}


def test_a_gradual_release_stops_on_warnings_that_notify_no_topic() -> None:
    """Its alarm tells nobody then; where a version gets all traffic at once, there would be nothing left to stop."""
    slowly = run("staging", alarms="critical", rollout_strategy="Canary10Percent5Minutes")
    for function in CONTEXT.functions:
        (newest,) = alarms(slowly, function)
        assert (newest["metricName"], newest["alarmActions"]) == ("Errors", [])
    assert {group["alarmConfiguration"]["enabled"] for group in groups(slowly).values()} == {True}
    at_once = run("staging", alarms="critical", rollout_strategy="AllAtOnce")
    off = {"enabled": False, "alarms": []}
    assert [group["alarmConfiguration"] for group in groups(at_once).values()] == [off] * len(CONTEXT.functions)


def test_the_key_permits_cloudwatch_to_notify_this_stacks_topics(prod: Graph) -> None:
    """Both are encrypted: without the key nobody would hear of anything."""
    prefix = prod.one("codedeploy/application").inputs["name"]
    (key,) = [s for _, s in prod.statements("kms/key") if "cloudwatch.amazonaws.com" in str(s["Principal"])]
    assert key["Condition"]["ArnLike"]["kms:EncryptionContext:aws:sns:topicArn"].endswith(f":{prefix}-*")
    assert {node.inputs["kmsMasterKeyId"] for node in prod.of("sns/topic")} == {prod.one("kms/key").arn}


def test_a_release_of_the_workflow_is_watched_too(prod: Graph) -> None:
    """An execution that fails or runs out of time takes a new definition's traffic away."""
    machine = prod.one("sfn/stateMachine").arn
    watched = {
        node.inputs["metricName"]
        for node in prod.of("cloudwatch/metricAlarm")
        if node.inputs["name"] in prod.outputs["release"]["workflow_alarms"]
        and node.inputs.get("dimensions") == {"StateMachineArn": machine}
    }
    assert watched == {"ExecutionsFailed", "ExecutionsTimedOut"}


def test_the_rollout_reads_all_it_needs_from_one_output(own: Graph) -> None:
    """Which group shifts which alias, by which strategy, with which hooks."""
    release = own.outputs["release"]
    assert set(release) == {"application", "strategy", "groups", "hooks", "workflow_alarms"}
    assert Strategy.parse(release["strategy"]).weights == (25, 50, 75, 100)
    assert release["groups"].keys() == own.outputs["functions"].keys()
    functions = {node.inputs["name"] for node in own.of("lambda/function")}
    assert set(release["hooks"]) == {"pre_traffic", "post_traffic"}
    assert set(release["hooks"].values()) < functions
