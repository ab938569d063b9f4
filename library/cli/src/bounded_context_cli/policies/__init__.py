"""Policies: rules for a context's infrastructure, each with a reason, and waivers of them.

Policies check the resources that a program registers. They run under Pulumi's mocks in a repository's promises and in
`context policies`, and in Pulumi's engine as a CrossGuard pack (`pack`). They apply to a team's own resources too.
"""

from ..programs import PRODUCTION
from . import data, own, permissions, resources
from .policy import Policy, Violation
from .waivers import BadWaiver, Waiver, judged, waivers

POLICIES: tuple[Policy, ...] = tuple(
    value
    for module in (permissions, data, resources, own)
    for value in vars(module).values()
    if isinstance(value, Policy)
)
"""All policies of these modules, with the platform team's own policies last."""

__all__ = ["POLICIES", "PRODUCTION", "BadWaiver", "Policy", "Violation", "Waiver", "judged", "waivers"]
