"""Another system in memory, for tests without a network."""

import json

from ..application.systems import Answer, Reply, Sender, SystemRequest, answers
from ..domain.errors import Unavailable


class InMemorySystem(Sender):
    """A system that answers by a function, and records its ``requests``. It does not answer while it is ``down``."""

    def __init__(self, answer: Answer, unavailable: type[Unavailable]) -> None:
        super().__init__(self._reply)
        self._answer = answer
        self._unavailable = unavailable
        self.down = False
        self.requests: list[SystemRequest] = []

    def _reply(self, request: SystemRequest) -> Reply:
        self.requests.append(request)
        status, value = (503, None) if self.down else self._answer(request)
        if not answers(status):
            raise self._unavailable("the system")
        return Reply(status, json.dumps(value))
