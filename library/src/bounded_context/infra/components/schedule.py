"""A function that is called again and again."""

from pulumi_aws import cloudwatch, lambda_

from bounded_context.infra import Component, Stack, Target

YOUNGEST = 60
"""Seconds: the youngest that EventBridge, and Lambda, may give an event up at."""


class Schedule(Component):
    """An EventBridge rule that calls an alias once a minute, and may call nothing else."""

    urn_type = "bounded-context:infra:Schedule"

    def __init__(self, name: str, stack: Stack, target: Target) -> None:
        """Call the alias of `target`."""
        labels, alias = stack.labels, target.alias
        super().__init__(name, labels)
        self.rule = cloudwatch.EventRule(
            name, name=labels.name(name), schedule_expression="rate(1 minute)", tags=labels.tags, opts=self.child()
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
            retry_policy={"maximum_event_age_in_seconds": YOUNGEST, "maximum_retry_attempts": 0},
            opts=self.child(depends_on=[permission]),
        )
        # Neither what cannot be delivered nor what fails is worth a second try: the next minute brings the next call.
        lambda_.FunctionEventInvokeConfig(
            name,
            function_name=alias.function_name,
            qualifier=alias.name,
            maximum_event_age_in_seconds=YOUNGEST,
            maximum_retry_attempts=0,
            opts=self.child(),
        )
        self.register_outputs({"rule": self.rule.name})
