"""The infrastructure's policies as promises, except for waivers with a reason."""

from collections.abc import Iterator

from ...tools.policies import POLICIES, PRODUCTION, BadWaiver, Policy, Violation, judged, waivers
from ...tools.policies.waivers import needless
from ._promise import Check, Promise, Repository


def waivers_are_needed(where: Repository) -> Iterator[str]:
    """Every waiver of a policy has a reason, and the policy is still violated."""
    try:
        waived = waivers(where.project.settings, POLICIES)
    except BadWaiver as error:
        yield str(error)
        return
    yield from needless(waived, judged(POLICIES, lambda policy: _violations(policy, where), waived, PRODUCTION))


def _promise(policy: Policy) -> Promise:
    def check(where: Repository) -> Iterator[str]:
        [judgement] = judged([policy], lambda policy: _violations(policy, where), where.waivers, PRODUCTION)
        yield from (violation.sentence for violation in judgement.violations)

    return Promise(policy.name, policy.sentence, check)


def _violations(policy: Policy, where: Repository) -> list[Violation]:
    return [violation for graph in where.held for violation in policy.violations(graph)]


PROMISES: tuple[Promise, ...] = tuple(map(_promise, POLICIES))
CHECKS: tuple[Check, ...] = (waivers_are_needed,)
