"""Policies: rules for a context's infrastructure, each with a reason, and waivers of them.

Policies check the resources that a program registers. They run under Pulumi's mocks in a repository's promises and in
`context policies`, and in Pulumi's engine as a CrossGuard pack (`pack`). They apply to a team's
own resources as well as to the platform's.
"""

from ..programs.graph import PRODUCTION
from . import data, losses, own, permissions, releases, tags, watching
from ._policy import Policy, Violation, policies
from .waivers import BadWaiver, Waiver, judged, waivers

POLICIES: tuple[Policy, ...] = tuple(
    policy for module in (permissions, losses, data, releases, watching, tags, own) for policy in module.POLICIES
)
"""All policies, with the platform team's own policies last."""

__all__ = [
    "POLICIES",
    "PRODUCTION",
    "BadWaiver",
    "Policy",
    "Violation",
    "Waiver",
    "judged",
    "policies",
    "waivers",
]
