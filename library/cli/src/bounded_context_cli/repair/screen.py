"""Output of a repair: progress on standard error; results on standard output, as text or as JSON only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..command.console import Consoles

LINE_EVERY = 100
"""The interval of progress lines in a log without a terminal, in messages."""


class RepairScreen(Consoles):
    """The screen of a repair."""

    @contextmanager
    def progress(self, verb: str, total: int) -> Iterator[Callable[[], None]]:
        """Yield a function to call after each message; it advances a progress bar, or writes log lines."""
        if not self._progress.is_terminal:
            yield self._lines(verb, total)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._progress, transient=True) as bar:
            task = bar.add_task(verb, total=total)
            yield lambda: bar.advance(task)

    def _lines(self, verb: str, total: int) -> Callable[[], None]:
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            if done % LINE_EVERY == 0:
                self.tell(f"{verb}: {done} of about {total} messages")

        return advance
