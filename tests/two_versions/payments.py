"""What callers do with payments over HTTP, and what each payment must be afterwards."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bounded_context_local.actors.caller import Answer, ApiCaller

_PATH: Final = "/payments"
_PAGE: Final = 8


@dataclass
class Payment:
    """A payment as its caller knows it: what it said, where it stands, and the events that must have told of it."""

    values: Mapping[str, Any]
    status: str = ""
    version: int = 0
    events: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its identity."""
        return str(self.values["payment_id"])

    @property
    def note(self) -> str | None:
        """The field that only the newer version knows."""
        return self.values.get("note")

    @property
    def gone(self) -> bool:
        """Whether it was deleted."""
        return "PaymentDeleted" in self.events


class Callers:
    """Callers of one API, who note whatever is not as it must be."""

    def __init__(self, caller: ApiCaller) -> None:
        self._caller = caller
        self.calls = 0
        self.problems: list[str] = []

    def register(self, values: Mapping[str, Any]) -> Payment:
        """Create a payment."""
        payment = Payment(values)
        self._command(payment, "POST", _PATH, dict(values), (201, "REGISTERED", "PaymentRegistered"))
        return payment

    def verify(self, payment: Payment) -> None:
        """Move it to VERIFIED."""
        self._command(payment, "POST", f"{_PATH}/{payment.id}/verify", {}, (200, "VERIFIED", "PaymentVerified"))

    def settle(self, payment: Payment) -> None:
        """Move it to SETTLED, by the command that only the newer version has."""
        self._command(payment, "POST", f"{_PATH}/{payment.id}/settle", {}, (200, "SETTLED", "PaymentSettled"))

    def delete(self, payment: Payment) -> None:
        """Remove it."""
        self._command(payment, "DELETE", f"{_PATH}/{payment.id}", None, (200, payment.status, "PaymentDeleted"))

    def look(self, payment: Payment, *, whole: bool) -> None:
        """Ask for it, and compare; `whole` if only the newer version answers, which must tell the note too."""
        answer = self._send("GET", f"{_PATH}/{payment.id}")
        if payment.gone:
            self._expect(answer.status == 404, payment, answer)
            return
        known = {**payment.values, "status": payment.status, "version": payment.version}
        body = answer.json if answer.status == 200 else {}
        missing = {name for name, value in known.items() if body.get(name) != value}
        self._expect(answer.status == 200 and missing <= (set() if whole else {"note"}), payment, answer)

    def page(self, list_id: str, identities: set[str]) -> None:
        """Ask for all payments of a list, page by page, and compare their identities."""
        ids: list[str] = []
        cursor = ""
        while cursor is not None:
            answer = self._send(
                "GET", f"{_PATH}?list_id={list_id}&limit={_PAGE}" + (f"&cursor={cursor}" if cursor else "")
            )
            if answer.status != 200:
                break
            ids += [item["payment_id"] for item in answer.json["items"]]
            cursor = answer.json["next_cursor"]
        if sorted(ids) != sorted(identities):
            self.problems.append(f"pages of list {list_id}: {sorted(ids)}, not {sorted(identities)}")

    def _command(self, payment: Payment, method: str, path: str, body: object, expected: tuple[int, str, str]) -> None:
        code, status, event = expected
        answer = self._send(method, path, body, {"idempotency-key": str(uuid.uuid4())})
        self._expect(answer.status == code, payment, answer)
        payment.status = status
        payment.version += event != "PaymentDeleted"
        payment.events.append(event)

    def _send(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        self.calls += 1
        return self._caller.send(method, path, body, headers or {})

    def _expect(self, good: bool, payment: Payment, answer: Answer) -> None:
        if not good:
            self.problems.append(f"{payment}: {answer.status} {answer.body.decode()}")
