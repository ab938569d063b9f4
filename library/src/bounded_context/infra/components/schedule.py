"""A function that is called again and again."""

from pulumi_aws import cloudwatch, lambda_

from bounded_context.infra import Component, Stack, Target

EVERY_MINUTE = "rate(1 minute)"
EVERY_QUARTER = "rate(15 minutes)"

YOUNGEST = 60
"""Seconds: the youngest that EventBridge, and Lambda, may give an event up at."""

QUARTER = 900
"""Seconds."""

HOUR = 3600
TRIES = 2
"""Lambda's own number of further tries of what it was called for without an answer, and the most that it has (Lambda
developer guide, "Configuring error handling settings for asynchronous invocations")."""

_RETRIES = {EVERY_MINUTE: (YOUNGEST, 0), EVERY_QUARTER: (QUARTER, 0)}


class Schedule(Component):
    """An EventBridge rule that calls an alias again and again, and may call nothing else.

    A call of each minute, or of each quarter of an hour, is not retried: the next call does the same. Any other call is
    retried twice within an hour.
    """

    urn_type = "bounded-context:infra:Schedule"

    def __init__(self, name: str, stack: Stack, target: Target, when: str = EVERY_MINUTE) -> None:
        """Call the alias of `target` as `when` says: `rate(1 day)`, or `cron(0 6 * * ? *)` in UTC."""
        labels, alias = stack.labels, target.alias
        age, tries = _RETRIES.get(when, (HOUR, TRIES))
        super().__init__(name, labels)
        self.rule = cloudwatch.EventRule(
            name, name=labels.name(name), schedule_expression=when, tags=labels.tags, opts=self.child()
        )
        permission = lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=alias.function_name,
            qualifier=alias.name,
            principal="events.amazonaws.com",
            source_arn=self.rule.arn,
            opts=self.child(),
        )
        cloudwatch.EventTarget(
            name,
            rule=self.rule.name,
            arn=alias.arn,
            retry_policy={"maximum_event_age_in_seconds": age, "maximum_retry_attempts": tries},
            opts=self.child(depends_on=[permission]),
        )
        lambda_.FunctionEventInvokeConfig(
            name,
            function_name=alias.function_name,
            qualifier=alias.name,
            maximum_event_age_in_seconds=age,
            maximum_retry_attempts=tries,
            opts=self.child(),
        )
        self.register_outputs({"rule": self.rule.name})
