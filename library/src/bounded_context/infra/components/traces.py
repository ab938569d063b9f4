"""What X-Ray keeps of a stack, and how much of it."""

from pulumi_aws import xray

from bounded_context.infra import Component, Stack

PRIORITY = 1000
"""Before X-Ray's own rule (10,000), and after any that somebody makes to look at something closely."""


class Traces(Component):
    """A group of the stack's traces, and the share of its requests that become traces.

    Whoever a request meets first decides for all that follow: for imports the state machine, which asks this rule
    (X-Ray, "Configuring sampling rules"). A function that is called on its own traces the first request of a second
    and 5 percent of the others, whatever this rule says: Lambda's rate cannot be set (Lambda, "Visualize Lambda
    function invocations using AWS X-Ray").
    """

    urn_type = "bounded-context:infra:Traces"

    def __init__(self, name: str, stack: Stack) -> None:
        """Make both; at 0 percent not even the first request of a second is traced."""
        labels, percent = stack.labels, stack.settings.trace_percent
        super().__init__(name, labels)
        group = xray.Group(
            name,
            group_name=labels.short,
            # Our code puts it on each of its segments.
            filter_expression=f'annotation.stack = "{labels.prefix}"',
            insights_configuration={"insights_enabled": False, "notifications_enabled": False},
            tags=labels.tags,
            opts=self.child(),
        )
        self.group_name = group.group_name
        xray.SamplingRule(
            name,
            rule_name=labels.short,
            priority=PRIORITY,
            version=1,
            reservoir_size=1 if percent else 0,
            fixed_rate=percent / 100,
            service_name=f"{labels.prefix}-*",
            service_type="*",
            resource_arn="*",
            host="*",
            http_method="*",
            url_path="*",
            tags=labels.tags,
            opts=self.child(),
        )
        self.register_outputs({"group": self.group_name})
