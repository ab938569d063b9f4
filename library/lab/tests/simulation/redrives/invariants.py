"""The invariants at the end of each run of the command, and at the end of a schedule."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bounded_context_cli.command.aws_errors import REFUSED
from bounded_context_operations.repair.redrive.run import RedriveReport

from ..history import Violation
from ..services.sqs import Message
from .operators import Operator

if TYPE_CHECKING:
    from .world import World


class AtEnd:
    """The invariants of one run that ended by itself."""

    def __init__(self, world: "World", operator: Operator) -> None:
        self._world = world
        self._operator = operator

    def check(self) -> None:
        """Raise Violation for the first invariant that does not hold."""
        operator, report = self._operator, self._operator.screen.report
        if operator.status == REFUSED:
            self._hold("refused after a delivery", not operator.delivered)
        elif report is None:
            self._look()
        else:
            self._redriven(report)

    def _hold(self, name: str, holds: bool, detail: object = "") -> None:
        if not holds:
            raise Violation(name, f"{self._operator.name}: {detail}")

    def _look(self) -> None:
        look = self._operator.screen.inspection
        assert look is not None
        self._hold("a look delivers", not self._operator.delivered)
        self._visible(look.still_hidden)
        if not (look.more or look.not_seen or self._operator.status):
            self._hold("a look leaves out messages", look.chosen >= len(self._chosen_left()), self._chosen_left())

    def _redriven(self, report: RedriveReport) -> None:
        operator = self._operator
        self._hold("status and result differ", (operator.status == 0) == (report.result == "done"))
        self._hold("a message is delivered twice in a run", len(set(operator.delivered)) == len(operator.delivered))
        self._counts(report)
        self._named(report)
        self._visible(report.still_hidden)
        if operator.status == 0 and report.tried != operator.person.most and not self._miscounted():
            self._hold("done, and messages are left", not self._chosen_left(), self._chosen_left())

    def _counts(self, report: RedriveReport) -> None:
        operator = self._operator
        counts = (report.redriven, report.failed.total(), report.not_redrivable.total() + len(report.discarded))
        was = (len(operator.delivered), operator.failures, operator.stays + operator.gone)
        self._hold("the report's counts are wrong", counts == was, f"{counts}, not {was}")
        others = {message for message in self._received() if not self._world.chosen(message, operator.person)}
        self._hold("too many are not chosen", self._world.unseen or report.not_chosen <= len(others))

    def _received(self) -> set[str]:
        return {receipt.partition("/")[0] for receipt in self._operator.clients["sqs"].receipts}

    def _named(self, report: RedriveReport) -> None:
        """Check that each delivered message is gone or named. A message that SQS delivers twice is exempt."""
        there = self._world.dead.messages
        remaining = [message for message in self._operator.delivered if message in there and not there[message].doubled]
        unnamed = [message for message in remaining if message not in report.not_deleted]
        self._hold("a delivered message stays and is not named", not unnamed, unnamed)

    def _visible(self, reported: int) -> None:
        hidden = [message.id for message in self._world.dead.hidden() if self._is_held(message)]
        self._hold("messages stay hidden", len(hidden) <= reported, hidden)

    def _is_held(self, message: Message) -> bool:
        """Whether this run hides a message that is not done, and can know it."""
        operator = self._operator
        known = message.receipt in operator.clients["sqs"].receipts
        return known and not message.doubled and message.id not in operator.delivered

    def _miscounted(self) -> bool:
        """Whether another reader received, and deleted, a message that this run holds: the run cannot know it.

        The queue's number of received messages is then too small for those that others hold.
        """
        gone = (message for message in self._world.dead.sent if message.id not in self._world.dead.messages)
        return bool(
            {message.id for message in gone if message.doubled} & self._received() - {*self._operator.delivered}
        )

    def _chosen_left(self) -> list[str]:
        world, person = self._world, self._operator.person
        remaining = (
            message for message in self._operator.there if message not in world.acknowledged and world.is_there(message)
        )
        return [message for message in remaining if world.chosen(message, person)]


def at_rest(world: "World") -> Iterator[Violation]:
    """Yield the violations at the end: a lost message, or messages that one more run leaves."""
    for number in world.numbers():
        if not world.arrived(number):
            yield Violation("a message is lost", f"number {number}")
    last = world.operators[-1]
    if last.status != 0 or world.dead.messages:
        report = last.screen.report
        yield Violation("the last run leaves messages", f"{last.status} {report and report.as_json()}")
