"""The two dashboards of a stack."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from bounded_context_infra.parts import (
    BUSINESS,
    LIVE,
    TECHNICAL,
    Component,
    Names,
    Stack,
    business,
    dashboard_url,
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
        made = cloudwatch.Dashboard(
            kind,
            dashboard_name=self.labels.name(kind),
            dashboard_body=names.apply(lambda known: json.dumps(body(known))),
            opts=self.child(),
        )
        region = names.apply(lambda known: known.region)
        return pulumi.Output.all(region, made.dashboard_name).apply(lambda both: dashboard_url(*both))
