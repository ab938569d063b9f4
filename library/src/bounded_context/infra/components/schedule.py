"""A function that is called on a schedule."""

from pulumi_aws import cloudwatch, lambda_

from bounded_context.infra.parts import Component, Stack, Target

EVERY_MINUTE = "rate(1 minute)"
EVERY_QUARTER = "rate(15 minutes)"

YOUNGEST = 60
"""Seconds: the shortest maximum age of an event that EventBridge and Lambda accept."""

QUARTER = 900
"""Seconds."""

HOUR = 3600
TRIES = 2
"""Lambda's default and largest number of retries of an asynchronous call (Lambda developer guide, "Configuring error
handling settings for asynchronous invocations")."""

_RETRIES = {EVERY_MINUTE: (YOUNGEST, 0), EVERY_QUARTER: (QUARTER, 0)}


class Schedule(Component):
    """An EventBridge rule that calls an alias on a schedule, and may not call any other function or version.

    A call of each minute, or of each quarter of an hour, is not retried, because the next call does the same. Any other
    call is retried twice within an hour.
    """

    urn_type = "bounded-context:infra:Schedule"

    def __init__(self, name: str, stack: Stack, target: Target, when: str = EVERY_MINUTE) -> None:
        """Call the alias of `target` on the schedule `when`: `rate(1 day)`, or `cron(0 6 * * ? *)` in UTC."""
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
