"""The dashboards of a stack, its saved queries, and its sampling of traces."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, xray

from bounded_context_infra._parts import (
    BUSINESS,
    LIVE,
    TECHNICAL,
    Component,
    Names,
    Query,
    Stack,
    business,
    dashboard_url,
    saved_queries,
    technical,
)

_BODIES: dict[str, Callable[[Names], dict[str, Any]]] = {BUSINESS: business, TECHNICAL: technical}


class Dashboards(Component):
    """The dashboards `<prefix>-business` and `<prefix>-technical`; `urls` are their addresses in the console.

    Dashboards belong to an account, not to a region. A stack in two regions would overwrite its own dashboards.
    """

    urn_type = "bounded-context:infra:Dashboards"

    def __init__(self, name: str, stack: Stack, names: Mapping[str, Any]) -> None:
        """Make both. `names` are the arguments of `Names` except the first three; the values may be Outputs."""
        super().__init__(name, stack.labels)
        first = {"context": stack.context, "prefix": stack.labels.prefix, "alias": LIVE}
        stack.mark_shown()
        known = pulumi.Output.all(**names).apply(lambda all_: Names(**first, **all_))
        self.urls = {kind: self._dashboard(kind, known) for kind in _BODIES}
        self.register_outputs({"urls": self.urls})

    def _dashboard(self, kind: str, names: pulumi.Output[Names]) -> pulumi.Output[str]:
        body = _BODIES[kind]
        dashboard = cloudwatch.Dashboard(
            kind,
            dashboard_name=self.labels.name(kind),
            dashboard_body=names.apply(lambda known: json.dumps(body(known))),
            opts=self.child(),
        )
        region = names.apply(lambda known: known.region)
        return pulumi.Output.all(region, dashboard.dashboard_name).apply(lambda both: dashboard_url(*both))


class Queries(Component):
    """A query definition for each of the context's queries, in a folder named after the stack."""

    urn_type = "bounded-context:infra:Queries"

    def __init__(self, name: str, stack: Stack, log_groups: Mapping[str, cloudwatch.LogGroup]) -> None:
        """Make the definitions; `log_groups` are the functions' log groups, by function name."""
        super().__init__(name, stack.labels)
        self._log_groups = log_groups
        for query in saved_queries(stack.context):
            self._definition(query)
        self.register_outputs({})

    def _definition(self, query: Query) -> None:
        cloudwatch.QueryDefinition(
            query.name.replace(" ", "-"),
            name=f"{self.labels.prefix}/{query.name}",
            log_group_names=[group.name for name, group in self._log_groups.items() if name in query.functions],
            query_string=query.text,
            opts=self.child(),
        )


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
