"""What a context's infrastructure has to keep, as rules with a reason each, and what may be left out of them.

They look at what a program registers: under Pulumi's mocks in a repository's promises and in `python -m
bounded_context.policies`, and in a preview of Pulumi's own engine, as a pack of CrossGuard (`pack`). Resources of a
team's own are held to them as the platform's are.
"""

from . import data, losses, own, permissions, releases, tags, watching
from ._policy import PRODUCTION, Policy, Violation, policies
from .waivers import BadWaiver, Waiver, judged, waivers

POLICIES: tuple[Policy, ...] = tuple(
    policy for module in (permissions, losses, data, releases, watching, tags, own) for policy in module.POLICIES
)
"""All of them, the platform team's own last."""

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
