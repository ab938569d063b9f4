"""Lists that a partner sends while versions change, and what must have become of each."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.running.context import RunningContext
from bounded_context_local.sample_lists import as_csv
from bounded_context_local.stack_state import Upload
from bounded_context_local.testing.running import Finished, finished

Row = Mapping[str, str]

ROWS: Final = 30
"""Good rows of a list; one bad row comes with them."""

_BAD: Final = {"amount": "0"}
_PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Sent:
    """A list that was sent, and its good rows."""

    upload: Upload
    rows: list[Row]


class Partner:
    """Sends lists, each with identities of its own, and looks at what became of them."""

    def __init__(self, deployed: RunningContext) -> None:
        self._deployed = deployed
        self._seeds = count(1)
        self.imported: dict[str, set[str]] = {}
        """The identities of the good rows of the lists that were looked at."""

    def rows(self, number: int, *, noted: bool) -> list[Row]:
        """Return good rows; with notes, which only the newer version knows, or without the column."""
        samples = self._deployed.samples
        rows = [dict(zip(samples.columns, row, strict=True)) for row in samples.rows(number, seed=next(self._seeds))]
        return [{name: cell for name, cell in row.items() if noted or name != "note"} for row in rows]

    def send(self, *, noted: bool) -> Sent:
        """Send a list.

        One with notes is waited for until it is staged: what is staged may be imported by the older version, but only
        the newer one reads such a file.
        """
        *good, bad = self.rows(ROWS + 1, noted=noted)
        content = as_csv([list(bad), *(list(row.values()) for row in (*good, {**bad, **_BAD}))])
        upload = self._deployed.partner.upload(f"list-{next(self._seeds)}.csv", content)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while noted and not self._staged(upload) and time.monotonic() < deadline:
            time.sleep(0.1)
        return Sent(upload, good)

    def _staged(self, upload: Upload) -> bool:
        key = upload.path.split("/", 2)[2]
        return any(record["key"] == key and record["status"] != "REGISTERED" for record in self._deployed.table.lists())

    def problems(self, sent: Sent) -> Iterator[str]:
        """Wait for what becomes of a list, and yield a sentence for whatever is not as it must be."""
        try:
            became = finished(self._deployed, sent.upload, expected=ROWS + 1)
        except LocalRunError as error:
            yield str(error)
            return
        self.imported[became.list_id] = {row["payment_id"] for row in sent.rows}
        wrong: dict[str, tuple[Any, Any]] = {
            "outcome": (became.outcome, "IMPORTED"),
            "lines of the report": ([rejection["field"] for rejection in became.rejections()], ["amount"]),
            "items": (self._kept(became), {row["payment_id"]: row.get("note") for row in sent.rows}),
        }
        expected = Counter({row["payment_id"]: 1 for row in sent.rows}) + Counter([became.list_id])
        noted = {row["payment_id"]: row["note"] for row in sent.rows if "note" in row}
        for name, events in became.events.items():
            wrong[f"events of {name}"] = (Counter(event["subject"] for event in events), expected)
            wrong[f"notes of {name}"] = (_notes(events), noted)
        for what, (is_, should) in wrong.items():
            if is_ != should:
                yield f"{sent.upload.path}: {what}: {is_}, not {should}"

    def _kept(self, became: Finished) -> dict[str, Any]:
        return {item["payment_id"]: item.get("note") for item in self._deployed.table.imported_items(became.list_id)}


def _notes(events: list[dict[str, Any]]) -> dict[str, str]:
    return {event["subject"]: event["data"]["note"] for event in events if event["data"].get("note")}
