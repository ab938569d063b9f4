"""One schedule of redrives: its persons and consumers over the simulated services, run to rest and judged."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from unittest.mock import patch

from bounded_context.domain.lists import PinnedFile
from bounded_context.handlers import sweep_uploads
from bounded_context_operations.repair.redrive.outputs import DeadLetterQueue, RedriveStack

from .. import functions as lambda_functions
from ..account import BUCKET, TABLE, Account
from ..functions import Lambda, handler
from ..history import Violation
from ..outcome import Outcome, begun
from ..patches import attached
from ..profile import Profile
from ..scheduler import EPOCH, Activity, Key, Scheduler
from ..services.s3 import SimS3
from ..services.sqs import Message, Queue
from .invariants import AtEnd, at_rest
from .operators import Operator
from .queues import CHANCES, SimQueues, event, upload
from .scenario import HIDDEN, Letter, Person, Scenario
from .services import GivenUp, SimMachines, SimReader, SimSweeper

DEAD: Final = "https://sqs/1/letters-dead"
TARGET: Final = "https://sqs/1/letters"
GIVEN_UP: Final = "given-up"
_AGE: Final = 900.0


class World:
    """A schedule."""

    def __init__(self, scheduler: Scheduler, scenario: Scenario, known: frozenset[str] = frozenset()) -> None:
        self.scheduler = scheduler
        self.scenario = scenario
        self.known = known
        self.dead = Queue(
            DEAD,
            scheduler,
            in_flight=scenario.in_flight,
            ordered=scenario.ordered,
            chances=CHANCES,
            deleted=[self._deleted],
        )
        self.target = Queue(TARGET, scheduler, chances=CHANCES, added=[self._accept])
        self.acknowledged: set[str] = set()
        self.operators: list[Operator] = []
        self.account = Account(scheduler) if self.unseen else None
        self.functions = Lambda(scheduler, lambda _: _VARIABLES, handler)
        self._objects = GivenUp(GIVEN_UP, scheduler, self._object_deleted)
        self._accepted: set[int] = set()
        self._uploads: dict[str, tuple[Letter, PinnedFile]] = {}
        self._letters: dict[str, Letter] = {}
        self._repaired = False
        self._consumer: Activity | None = None
        self._resting = False
        self._work: list[Activity] = []

    @property
    def unseen(self) -> bool:
        """Whether uploads are redriven."""
        return self.scenario.kind == "unseen"

    # Running.

    def run(self) -> None:
        """Run the schedule to rest, and check the invariants. Raises Violation."""
        for letter in self.scenario.letters:
            if letter.at:
                self._work.append(self.scheduler.spawn("arrival", partial(self._arrive, letter)))
            else:
                self._put(letter)
        for person in self.scenario.persons:
            self._work.append(self._spawn(person))
        if self.scenario.consumer:
            self._consumer = self.scheduler.spawn("consumer", self._consume)
        self.scheduler.spawn("end", self._end)
        self.scheduler.run()
        for violation in at_rest(self):
            self._raise(violation)

    def _raise(self, violation: Violation) -> None:
        if violation.name not in self.known:
            raise violation

    def _spawn(self, person: Person) -> Activity:
        work = partial(self._redrive, person)
        return self.scheduler.spawn("person", work, function="redrive", skew=person.skew)

    def _redrive(self, person: Person) -> None:
        self.scheduler.sleep(person.at)
        me = self.scheduler.me
        assert me is not None
        operator = Operator(me.name, person, self.scheduler, self._clients(), self.acknowledged.add)
        self.operators.append(operator)
        operator.there = self._there()
        queue = DeadLetterQueue("letters", DEAD, self.scenario.kind, TARGET)
        operator.run(RedriveStack("test", "context-test", "table", (queue,), "eu-central-1"), queue)
        try:
            AtEnd(self, operator).check()
        except Violation as violation:
            self._raise(violation)

    def _end(self) -> None:
        """Wait until everybody is done and every message is visible; then redrive what is left, without faults."""
        self._await()
        self._repaired = self.scheduler.calm = True
        self.scheduler.sleep(HIDDEN + 10.0)
        if hidden := self.dead.hidden():
            self._raise(Violation("messages are hidden for ever", ", ".join(message.id for message in hidden)))
        self._work.append(self._spawn(Person(give_up=True)))
        self._await()
        if self._consumer:
            self._wake()

    def _await(self) -> None:
        while remaining := [activity for activity in self._work if not activity.done]:
            self.scheduler.join(remaining[:1])
        for activity in self._work:
            if activity.error is not None:
                self._raise(Violation("the command fails", repr(activity.error)))

    # Messages.

    def _arrive(self, letter: Letter) -> None:
        self.scheduler.sleep(letter.at)
        self._put(letter)

    def _put(self, letter: Letter) -> None:
        for _ in range(letter.copies):
            if self.account:
                self._upload(self.account, letter)
            else:
                self._letter(letter)

    def _letter(self, letter: Letter) -> None:
        attributes = {"lane": _text("chosen" if letter.chosen else "other")}
        if self.scenario.kind == "inbound":
            attributes["reason"] = _text("not understood")
        message = self.dead.add(self._body(letter), attributes)
        message.sent, message.visible = EPOCH - letter.age, message.visible + letter.hidden
        message.received = 1
        self._letters[message.id] = letter

    def _body(self, letter: Letter) -> str:
        if self.scenario.kind == "stream":
            return self._word(letter)
        return upload(letter.number) if self.scenario.kind == "uploads" else event(letter.number, "ThingDone")

    def _word(self, letter: Letter) -> str:
        """Store an object of a change that was given up, and return S3's event of it."""
        key = f"change-{letter.number}"
        if not self._objects.versions.get(key):
            records = [{"dynamodb": {"SequenceNumber": str(letter.number)}}]
            self._objects.store(key, json.dumps({"payload": json.dumps({"Records": records})}).encode())
        return json.dumps({"detail": {"bucket": {"name": GIVEN_UP}, "object": {"key": key}}})

    def _upload(self, account: Account, letter: Letter) -> None:
        key = f"incoming/{'acme' if letter.chosen else 'other'}/{letter.number}.csv"
        version = account.bucket.store(key, b"rows")
        stored = datetime.fromtimestamp(int(self.scheduler.now() - letter.age), UTC)
        account.bucket.versions[key][-1] = replace(version, modified=stored)
        self._uploads[version.id] = letter, PinnedFile(BUCKET, key, version.id, 4)
        if letter.hidden:
            self._record(version.id)

    def _accept(self, message: Message) -> None:
        """Take a message that was sent."""
        number = int(json.loads(message.body)["id"].removeprefix("event-"))
        if message.body != event(number, "ThingDone") or list(message.attributes) != ["lane"]:
            self._raise(Violation("a message is changed", message.body))
        self._letters[message.id] = next(letter for letter in self.scenario.letters if letter.number == number)
        self._accepted.add(number)
        if self._resting:
            self._wake()

    def _wake(self) -> None:
        assert self._consumer is not None
        self._resting = False
        self.scheduler.rouse(self._consumer)

    def _consume(self) -> None:
        """Take messages from the queue of the subscriber. Poison goes back to the dead letters, as SQS moves it."""
        while not self._repaired or self.target.messages:
            if not self.target.messages:
                self._resting = True
                self.scheduler.rest()
            self.scheduler.sleep(self.scenario.consumer)
            for message in list(self.target.messages.values()):
                if self._letters[message.id].poison and not self._repaired:
                    self.target.move(message, self.dead)
                else:
                    del self.target.messages[message.id]

    def _start(self, payload: Any) -> None:
        """Take the input of an execution. A list of an unseen upload is recorded a little later."""
        if not self.account:
            self._accepted.add(int(payload["version"]))
            return
        self._accepted.add(self._uploads[payload["version"]][0].number)

        def record() -> None:
            self.scheduler.sleep(0.5)
            self._record(payload["version"])

        self.scheduler.spawn("execution", record)

    def _record(self, version: str) -> None:
        assert self.account is not None
        key = f"LIST#{self._uploads[version][1].list_id}"
        self.account.store.commit(key, {"pk": key, "status": "IMPORTED"})

    # Services.

    def _clients(self) -> dict[str, Any]:
        scheduler = self.scheduler
        slow = 0.0 if scheduler.calm else self.scenario.slow
        reader = SimReader(scheduler, slow, self._accepted.add)
        return {
            "sqs": SimQueues([self.dead, self.target], scheduler, slow),
            "stepfunctions": SimMachines(scheduler, slow, self._start),
            "lambda": SimSweeper(scheduler, self.functions) if self.unseen else reader,
            "s3": SimS3([self._objects], scheduler),
        }

    # Facts for the invariants.

    def _deleted(self, message: Message) -> None:
        given_up = self.scenario.kind == "stream" and self._letters[message.id].number in self._accepted
        if message.id not in self.acknowledged and not given_up:
            self._raise(Violation("a message is deleted that was not delivered", message.id))

    def _object_deleted(self, key: str) -> None:
        if int(key.removeprefix("change-")) not in self._accepted:
            self._raise(Violation("an object is deleted that was not delivered", key))

    def _there(self) -> list[str]:
        """Return the ids of the messages, or of the uploads without a list that are old enough."""
        if not self.account:
            return list(self.dead.messages)
        old = self.scheduler.now() - _AGE
        return [version for version in self._uploads if self._stored(version) <= old and self.is_there(version)]

    def _stored(self, version: str) -> float:
        assert self.account is not None
        stored = self.account.bucket.version(self._uploads[version][1].key, version)
        assert stored is not None
        return stored.modified.timestamp()

    def is_there(self, number: str) -> bool:
        """Return whether a message is in the queue, or an upload has no list."""
        if not self.account:
            return number in self.dead.messages
        return self.account.store.items.get(f"LIST#{self._uploads[number][1].list_id}") is None

    def chosen(self, number: str, person: Person) -> bool:
        """Return whether a person wants a message of this id."""
        if not person.where:
            return True
        if self.account:
            return self._uploads[number][0].chosen
        return self._letters[number].chosen

    def numbers(self) -> list[int]:
        """Return the numbers of all events and uploads that had to be redriven."""
        recorded = {letter.number for letter in self.scenario.letters if self.unseen and letter.hidden}
        return [letter.number for letter in self.scenario.letters if letter.number not in recorded]

    def arrived(self, number: int) -> bool:
        """Return whether an event was accepted at its destination, or an upload started."""
        return number in self._accepted


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


_VARIABLES: Final = {"TABLE_NAME": TABLE, "INBOX_BUCKET": BUCKET, "TEMPORARY_NAMES": "[]"}


def play(
    seed: int,
    scenario: Scenario,
    profile: Profile,
    kept: dict[Key, Any] | None = None,
    known: frozenset[str] = frozenset(),
) -> Outcome:
    """Run one schedule; with ``kept``, replay these choices. The patches have to be installed."""
    scheduler, outcome = begun(play, seed, scenario, profile, kept)
    world = World(scheduler, scenario, known)
    clients: Any = world.account
    with attached(scheduler, clients), patch.object(sweep_uploads, "MOST", scenario.page):
        outcome.judge(scheduler, world.run)
    outcome.statuses = [operator.status for operator in world.operators]
    return outcome


lambda_functions.load()
