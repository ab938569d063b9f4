"""A context that reacts to events of policies: a cancellation rejects open claims, and a lapse deletes claims."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from bounded_context import (
    Aggregate,
    Aggregates,
    BusinessError,
    Change,
    Command,
    Context,
    Copy,
    Day,
    Details,
    Identifier,
    Reaction,
    ReceivedEvent,
    Text,
    expected,
)


class Status(StrEnum):
    """Where a claim stands."""

    OPEN = "OPEN"
    PAID = "PAID"
    REJECTED = "REJECTED"


class ClaimDetails(Details):
    """What a claimant says."""

    claim_id: Identifier
    policy_id: Identifier
    opened_on: Day


class Claim(Aggregate[ClaimDetails, Status]):
    """A claim as it stands."""


class RegisterClaim(ClaimDetails):
    """Create the claim with these details."""


class PayClaim(Change):
    """Move the claim to PAID."""

    claim_id: Identifier


class RejectClaim(Change):
    """Move the claim to REJECTED, for a reason."""

    claim_id: Identifier
    reason: Text = "none"


class DeleteClaim(Change):
    """Remove the claim."""

    claim_id: Identifier


class Disputed(BusinessError):
    """A rule of a command that refuses a reaction's command."""

    code = "disputed"


def register_claim(command: RegisterClaim, claims: Aggregates[Claim]) -> Claim:
    """Create the claim."""
    created = Claim(ClaimDetails.of(command), Status.OPEN)
    claims.add(created)
    return created


def _moved(command: Change, claims: Aggregates[Claim], status: Status) -> Claim:
    changed = expected(command, claims).moved_to(status)
    claims.save(changed)
    return changed


def pay_claim(command: PayClaim, claims: Aggregates[Claim]) -> Claim:
    """Move the claim to PAID."""
    return _moved(command, claims, Status.PAID)


def reject_claim(command: RejectClaim, claims: Aggregates[Claim]) -> Claim:
    """Move the claim to REJECTED. Raises Disputed."""
    if "disputed" in command.id:
        raise Disputed("the claim is disputed")
    return _moved(command, claims, Status.REJECTED)


def delete_claim(command: DeleteClaim, claims: Aggregates[Claim]) -> Claim:
    """Remove the claim and return it as it was."""
    current = expected(command, claims)
    claims.remove(current)
    return current


def reject_claims(event: ReceivedEvent, claim: Claim) -> RejectClaim | None:
    """Reject the open claims of a cancelled policy."""
    if claim.status is not Status.OPEN:
        return None
    return RejectClaim(claim_id=claim.id, reason=str(event.data.get("reason", "cancelled")))


def delete_claims(event: ReceivedEvent, claim: Claim) -> DeleteClaim | None:
    """Delete the claims of a lapsed policy, whatever their status."""
    return DeleteClaim(claim_id=claim.id)


def never_checked(event: ReceivedEvent, claim: Claim) -> RejectClaim:
    """Reject every claim, whatever its status."""
    return RejectClaim(claim_id=claim.id)


COMMANDS = (
    Command.creates(RegisterClaim, register_claim, Status.OPEN, "ClaimRegistered"),
    Command.changes(PayClaim, pay_claim, Status.PAID, "ClaimPaid", after=(Status.OPEN,)),
    Command.changes(RejectClaim, reject_claim, Status.REJECTED, "ClaimRejected", after=(Status.OPEN,)),
    Command.deletes(DeleteClaim, delete_claim, "ClaimDeleted", after=tuple(Status)),
)


def context_of(*reactions: Reaction[Any], **more: Any) -> Context[Claim]:
    """Return the context with these reactions."""
    values: dict[str, Any] = {
        "name": "claim",
        "plural": "claims",
        "display_name": "Claim",
        "owner": "claims-team",
        "aggregate": Claim,
        "commands": COMMANDS,
        "references": {"policy_id": Copy("policy", fields=("state", "limit"))},
        "queried_by": ("policy_id",),
        "reactions": reactions,
    }
    return Context(**values | more)


CANCELLED = Reaction("policy", "PolicyCancelled", reject_claims, by="policy_id")
LAPSED = Reaction("policy", "PolicyLapsed", delete_claims, by="policy_id")
WITHDRAWN = Reaction("policy", "ClaimWithdrawn.2", never_checked, by="claim_id")
CLAIM = context_of(CANCELLED, LAPSED, WITHDRAWN)


def with_rule(rule: Any) -> Context[Claim]:
    """Return the context with another rule of the reaction to PolicyCancelled."""
    return context_of(replace(CANCELLED, rule=rule))
