"""How much of a stack X-Ray keeps."""

from pulumi_aws import xray

from bounded_context.infra import Component, Stack

PRIORITY = 1000
"""Before X-Ray's own rule (10,000), and after any that somebody makes to look at something closely."""

DEFAULT_PERCENT = 5
"""X-Ray's own rule, besides the first request of each second (X-Ray, "Configuring sampling rules")."""


class Traces(Component):
    """The share of the stack's requests that become traces; `rule` is None where X-Ray's own rule keeps that share.

    An account takes 25 rules in a region (X-Ray, "Endpoints and quotas"), so a stack has one only where it wants
    something else.

    Whoever a request meets first decides for all that follow: for imports the state machine, which asks this rule
    (X-Ray, "Configuring sampling rules"). A function that is called on its own traces the first request of a second
    and 5 percent of the others, whatever this rule says: Lambda's rate cannot be set (Lambda, "Visualize Lambda
    function invocations using AWS X-Ray").
    """

    urn_type = "bounded-context:infra:Traces"

    def __init__(self, name: str, stack: Stack) -> None:
        """Make it; at 0 percent not even the first request of a second is traced."""
        super().__init__(name, stack.labels)
        percent = stack.settings.trace_percent
        self.rule = None if percent == DEFAULT_PERCENT else self._rule(percent)
        self.register_outputs({})

    def _rule(self, percent: int) -> xray.SamplingRule:
        return xray.SamplingRule(
            self.name,
            rule_name=self.labels.short,
            priority=PRIORITY,
            version=1,
            reservoir_size=1 if percent else 0,
            fixed_rate=percent / 100,
            service_name=f"{self.labels.prefix}-*",
            service_type="*",
            resource_arn="*",
            host="*",
            http_method="*",
            url_path="*",
            tags=self.labels.tags,
            opts=self.child(),
        )
