"""The context of the schedules: claims of policies, which are rejected and reopened by reactions."""

from enum import StrEnum
from typing import Any, Final

from bounded_context import (
    Aggregate,
    Aggregates,
    BusinessError,
    Change,
    Command,
    Context,
    Copy,
    Details,
    Identifier,
    Reaction,
    ReceivedEvent,
    State,
    Text,
    aws,
    expected,
)

from .scenario import CANCELLED


class Status(StrEnum):
    """The statuses of a claim."""

    OPEN = "OPEN"
    ASSESSED = "ASSESSED"
    PAID = "PAID"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"


class ClaimDetails(Details):
    """The data of a claimant."""

    claim_id: Identifier
    policy_id: Identifier


class ClaimState(State):
    """The event that led to the last reaction."""

    event: Text | None = None


class Claim(Aggregate[ClaimDetails, Status, ClaimState]):
    """A claim."""


class RegisterClaim(ClaimDetails):
    """Create the claim."""


class AssessClaim(Change):
    """Move the claim to ASSESSED."""

    claim_id: Identifier


class PayClaim(Change):
    """Move the claim to PAID."""

    claim_id: Identifier


class RejectClaim(Change):
    """Move the claim to REJECTED."""

    claim_id: Identifier
    event: Text


class ReopenClaim(Change):
    """Move the claim to REOPENED."""

    claim_id: Identifier
    event: Text


class DeleteClaim(Change):
    """Remove the claim."""

    claim_id: Identifier


class NotValid(BusinessError):
    """The policy is cancelled."""

    code = "not-valid"


def _register(command: RegisterClaim, claims: Aggregates[Claim]) -> Claim:
    if (aws.copies("policy").get(command.policy_id) or {}).get("state") == CANCELLED:
        raise NotValid("the policy is cancelled")
    created = Claim(ClaimDetails.of(command), Status.OPEN)
    claims.add(created)
    return created


def _moves(status: Status) -> Any:
    def rule(command: Any, claims: Aggregates[Claim]) -> Claim:
        claim = expected(command, claims)
        changed = claim.moved_to(status, ClaimState(event=getattr(command, "event", claim.state.event)))
        claims.save(changed)
        return changed

    return rule


def _delete(command: DeleteClaim, claims: Aggregates[Claim]) -> Claim:
    current = expected(command, claims)
    claims.remove(current)
    return current


OPEN: Final = (Status.OPEN, Status.ASSESSED, Status.REOPENED)
"""The statuses in which a cancelled policy rejects a claim."""

asked: Final[list[tuple[str, str]]] = []
"""The event and the claim of each call of a rule, in the schedule that runs."""


def reject_claims(event: ReceivedEvent, claim: Claim) -> RejectClaim | None:
    """Reject the open claims of a cancelled policy."""
    asked.append((event.id, claim.id))
    return RejectClaim(claim_id=claim.id, event=event.id) if claim.status in OPEN else None


def reopen_claims(event: ReceivedEvent, claim: Claim) -> ReopenClaim | None:
    """Reopen the rejected claims of a policy that is valid again."""
    asked.append((event.id, claim.id))
    return ReopenClaim(claim_id=claim.id, event=event.id) if claim.status is Status.REJECTED else None


CLAIM: Final = Context(
    name="claim",
    plural="claims",
    display_name="Claim",
    owner="claims-team",
    aggregate=Claim,
    commands=(
        Command.creates(RegisterClaim, _register, Status.OPEN, "ClaimRegistered", errors=(NotValid,)),
        Command.changes(
            AssessClaim, _moves(Status.ASSESSED), Status.ASSESSED, "ClaimAssessed", after=(Status.OPEN, Status.REOPENED)
        ),
        Command.changes(PayClaim, _moves(Status.PAID), Status.PAID, "ClaimPaid", after=OPEN),
        Command.changes(RejectClaim, _moves(Status.REJECTED), Status.REJECTED, "ClaimRejected", after=OPEN),
        Command.changes(
            ReopenClaim, _moves(Status.REOPENED), Status.REOPENED, "ClaimReopened", after=(Status.REJECTED,)
        ),
        Command.deletes(DeleteClaim, _delete, "ClaimDeleted", after=tuple(Status)),
    ),
    references={"policy_id": Copy("policy", fields=("state",))},
    queried_by=("policy_id",),
    reactions=(
        Reaction("policy", "PolicyCancelled", reject_claims, by="policy_id"),
        Reaction("policy", "PolicyReinstated", reopen_claims, by="policy_id"),
        Reaction("policy", "ClaimCancelled", reject_claims, by="claim_id"),
        Reaction("policy", "ClaimReinstated", reopen_claims, by="claim_id"),
    ),
)
