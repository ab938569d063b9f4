"""From the older version to the newer one and back, while callers call and partners send lists.

`python -m tests.two_versions.scenario OLDER PAYMENTS LISTS` runs with the newer version's sources on its path, and
prints what happened as JSON.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from bounded_context_cli.package import write_code
from bounded_context_infra.configuration.project import current
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.running.context import RunningContext, api_owner
from bounded_context_local.running.start import running_context

from .lists import Partner, Sent
from .payments import Callers, Payment
from .shares import Shares

ACTS: Final = (0.0, 0.5, 1.0, 0.5, 0.0, 1.0)
"""The newer version's share of calls in each act: to the newer version, back to the older one, and there again."""

_CALLERS: Final = 3
_PATIENCE_SECONDS: Final = 120.0

Work = Callable[[], None]


class Scenario:
    """The acts, on a running context."""

    def __init__(self, deployed: RunningContext, shares: Shares, payments: int, lists: int) -> None:
        """Have so many payments registered in each act, and so many lists sent in all."""
        self._deployed, self._shares = deployed, shares
        self._payments, self._lists = payments, lists
        self._partner = Partner(deployed)
        self.callers = Callers(api_owner(deployed))
        self.registered: list[list[Payment]] = []
        self.sent: list[Sent] = []

    def play(self) -> None:
        """Play all acts; at the end the newer version answers alone, and everything is looked at."""
        for act, share in enumerate(ACTS):
            with self._shares.of_newer(share), ThreadPoolExecutor(_CALLERS) as pool:
                sending = [pool.submit(self._partner.send, noted=share == 1) for _ in range(self._lists_of(act))]
                list(pool.map(lambda work: work(), list(self._works(share))))
                self.sent += [future.result() for future in sending]
        with ThreadPoolExecutor(_CALLERS) as pool:
            list(pool.map(lambda payment: self.callers.look(payment, whole=True), self.payments))

    @property
    def payments(self) -> list[Payment]:
        """All that were registered."""
        return [payment for act in self.registered for payment in act]

    def _lists_of(self, act: int) -> int:
        return self._lists // len(ACTS) + (act < self._lists % len(ACTS))

    def _works(self, share: float) -> Iterator[Work]:
        """Yield what callers do in an act: payments are registered, and those of earlier acts go on by a step."""
        for step, payments in zip((self._verify, self._settle, self._delete), reversed(self.registered), strict=False):
            for payment in payments:
                yield lambda step=step, payment=payment: step(payment, share)
        registered: list[Payment] = []
        for values in self._partner.rows(self._payments, noted=share == 1):
            yield lambda values=values: registered.append(self.callers.register(values))
        self.registered.append(registered)

    def _verify(self, payment: Payment, share: float) -> None:
        self.callers.verify(payment)
        self.callers.look(payment, whole=share == 1)

    def _settle(self, payment: Payment, share: float) -> None:
        # A stack of the older version has no such command.
        if share:
            self.callers.settle(payment)
        self.callers.look(payment, whole=share == 1)

    def _delete(self, payment: Payment, share: float) -> None:
        # The older version does not know that what is settled may be deleted; and half of all is kept.
        if (share == 1 or payment.status != "SETTLED") and int(payment.id[-1]) % 2:
            self.callers.delete(payment)
        self.callers.look(payment, whole=share == 1)

    def problems(self) -> list[str]:
        """Return a sentence for whatever was answered, kept or told otherwise than it must be."""
        problems = [problem for sent in self.sent for problem in self._partner.problems(sent)]
        with self._shares.of_newer(0.5):
            # Each page's cursor may be of the other version.
            for list_id, identities in self._partner.imported.items():
                self.callers.page(list_id, identities)
        problems += self.callers.problems
        for subscriber in self._deployed.subscribers:
            problems += self._untold(subscriber)
        return problems + list(self._dead_letters())

    def _untold(self, subscriber: Subscriber) -> Iterator[str]:
        """Wait for the events of all payments, and yield what one subscriber was told otherwise."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for payment in self.payments:
            while len(received := subscriber.of_subject(payment.id)) < len(payment.events):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.1)
            events = sorted((message.event for message in received), key=lambda event: event["sequence"])
            published = [(event["type"], event["data"].get("note")) for event in events]
            if published != [(event, payment.note) for event in payment.events]:
                yield f"{subscriber.name} was told of {payment}: {published}"

    def _dead_letters(self) -> Iterator[str]:
        for name, url in self._deployed.outputs["dead_letter_queues"].items():
            parameters = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
            number = self._deployed.aws.call("sqs", "get_queue_attributes", **parameters)["Attributes"]
            if int(number["ApproximateNumberOfMessages"]):
                yield f"{name} has dead letters: {number}"


def play(older: Path, payments: int, lists: int) -> dict[str, Any]:
    """Run the newer version, which is the current project, with the older one beside it; return what happened."""
    began = time.monotonic()
    project = current()
    common = tuple(name for name in project.context.functions if name != "settle_payment")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_context(project, settings={"tolerated_share": 0.05}) as deployed,
    ):
        write_code(older / "src" / "payment", Path(folder) / "code.zip")
        scenario = Scenario(deployed, Shares(deployed, Path(folder) / "code.zip", common), payments, lists)
        scenario.play()
        problems = scenario.problems()
    return {
        "calls": scenario.callers.calls,
        "payments": len(scenario.payments),
        "lists": len(scenario.sent),
        "events": Counter(event for payment in scenario.payments for event in payment.events),
        "problems": problems,
        "seconds": round(time.monotonic() - began),
    }


if __name__ == "__main__":
    older, payments, lists = sys.argv[1:]
    sys.stdout.write(json.dumps(play(Path(older), int(payments), int(lists)), indent=2))
