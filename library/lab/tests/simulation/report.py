"""How a failing schedule is shown: its seed, the violated invariant, its scenario and its trace as a table."""

from collections.abc import Iterator

from .outcome import Outcome


def summary(outcome: Outcome) -> str:
    """Return the report of a schedule."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"seed {outcome.seed}: {outcome.violation or 'every invariant holds'}"
    yield from (f"  {line}" for line in outcome.scenario.lines())
    yield f"  statuses {list(outcome.statuses)}"
    yield f"  {len(outcome.choices)} choices: {_choices(outcome)}"
    yield ""
    yield f"  {'seconds':>9}  {'activity':44}  {'call':58}  outcome"
    for at, activity, call, result in outcome.trace:
        yield f"  {at:9.2f}  {activity:44}  {_short(call):58}  {result}"


def _choices(outcome: Outcome) -> str:
    texts = [
        f"{name} {number} {kind}={value}" for (name, number, kind), value in sorted(outcome.choices.items(), key=str)
    ]
    return "; ".join(texts[:40])


def _short(call: str) -> str:
    service, _, subject = call.partition(" ")
    return f"{service} {subject if len(subject) < 40 else subject[:16] + '...' + subject[-20:]}"
