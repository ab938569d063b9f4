"""The two dashboards of a stack."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from bounded_context.infra import BUSINESS, LIVE, TECHNICAL, Component, Names, Stack, business, dashboard_url, technical

_BODIES: dict[str, Callable[[Names], dict[str, Any]]] = {BUSINESS: business, TECHNICAL: technical}


class Dashboards(Component):
    """`<prefix>-business` and `<prefix>-technical`; `urls` tells where in the console each of them is.

    An account has its dashboards in no region: one stack deployed to two would write over its own.
    """

    urn_type = "bounded-context:infra:Dashboards"

    def __init__(self, name: str, stack: Stack, names: Mapping[str, Any]) -> None:
        """Make both; `names` are the arguments of Names but the first three, as Outputs where they are not values."""
        super().__init__(name, stack.labels)
        first = {"context": stack.context, "prefix": stack.labels.prefix, "alias": LIVE}
        known = pulumi.Output.all(**names).apply(lambda all_: Names(**first, **all_))
        self.urls = {kind: self._dashboard(kind, known) for kind in _BODIES}
        self.register_outputs({"urls": self.urls})

    def _dashboard(self, kind: str, names: pulumi.Output[Names]) -> pulumi.Output[str]:
        body = _BODIES[kind]
        made = cloudwatch.Dashboard(
            kind,
            dashboard_name=self.labels.name(kind),
            dashboard_body=names.apply(lambda known: json.dumps(body(known))),
            opts=self.child(),
        )
        region = names.apply(lambda known: known.region)
        return pulumi.Output.all(region, made.dashboard_name).apply(lambda both: dashboard_url(*both))
