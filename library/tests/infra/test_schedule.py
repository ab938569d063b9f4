"""What is called again and again."""

from .graph import Graph


def test_the_watch_is_called_every_minute_by_its_alias(prod: Graph) -> None:
    """Traffic of a new version shifts as for any other caller."""
    (rule,) = [node for node in prod.of("cloudwatch/eventRule") if "scheduleExpression" in node.inputs]
    assert rule.inputs["scheduleExpression"] == "rate(1 minute)"
    target = prod.one("cloudwatch/eventTarget", rule.name).inputs
    assert target["rule"] == rule.inputs["name"]
    assert target["arn"] == prod.outputs["functions"]["watch_lists"]


def test_only_this_rule_may_call_it(prod: Graph) -> None:
    """EventBridge may call for no other rule, and no other version."""
    rule = prod.one("cloudwatch/eventRule", "watch-lists")
    permission = prod.one("lambda/permission", "watch-lists")
    assert permission.inputs["action"] == "lambda:InvokeFunction"
    assert permission.inputs["principal"] == "events.amazonaws.com"
    assert permission.inputs["sourceArn"] == rule.arn
    called = f"{permission.inputs['function']}:{permission.inputs['qualifier']}"
    assert prod.outputs["functions"]["watch_lists"].endswith(f":function:{called}")
    assert permission.urn in prod.one("cloudwatch/eventTarget", rule.name).dependencies


def test_a_missed_minute_is_not_made_up_for(prod: Graph) -> None:
    """The next call measures the same."""
    target = prod.one("cloudwatch/eventTarget", "watch-lists").inputs
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0}
