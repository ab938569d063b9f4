"""X-Ray's sampling of a stack."""

from pulumi_aws import xray

from bounded_context_infra.parts import Component, Stack

PRIORITY = 1000
"""Before X-Ray's own rule (10,000), and after any rule that a person makes for an examination."""

DEFAULT_PERCENT = 5
"""The percentage of X-Ray's own rule, besides the first request of each second (X-Ray, "Configuring sampling
rules")."""


class Traces(Component):
    """The percentage of the stack's requests that become traces; `rule` is None if X-Ray's own rule has the same.

    An account has at most 25 rules in a region (X-Ray, "Endpoints and quotas"). A stack therefore makes a rule only for
    another percentage.

    The first service that receives a request decides for all later services. For imports, that is the state machine,
    which uses this rule (X-Ray, "Configuring sampling rules"). A function that is called on its own traces the first
    request of a second and 5 percent of the others. Lambda's rate cannot be set (Lambda, "Visualize Lambda function
    invocations using AWS X-Ray").
    """

    urn_type = "bounded-context:infra:Traces"

    def __init__(self, name: str, stack: Stack) -> None:
        """Make the rule; at 0 percent not even the first request of a second is traced."""
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
