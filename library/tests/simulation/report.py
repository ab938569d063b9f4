"""How a failing schedule is shown: its seed, the violated invariant, its scenario and its trace as a table."""

from collections.abc import Iterator

from .world import Outcome


def told(outcome: Outcome) -> str:
    """Return the report of a schedule."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"seed {outcome.seed}: {outcome.violation or 'every invariant holds'}"
    scenario = outcome.scenario
    for upload in scenario.uploads:
        rows = " ".join(f"{row.identity}{f'({row.fault})' if row.fault else ''}" for row in upload.rows)
        yield f"  upload at {upload.at}: {upload.name} [{rows}], {upload.form}, announced {upload.announced}"
    for order in scenario.orders:
        expected = "" if order.version is None else f" version {order.version}"
        sent = f"{order.function} {order.identity}{expected}, {order.key}, {order.copies} at once"
        yield f"  command at {order.at} of caller {order.session}: {sent}"
    for event in scenario.foreign:
        yield f"  event at {event.at}: {event.subject} {'exists' if event.known else 'is gone'}, number {event.number}"
    for name in scenario.PIECES[3:]:
        yield from (f"  {piece}" for piece in getattr(scenario, name))
    yield f"  settings {scenario.settings}, chunks {scenario.chunk}/{scenario.at_once}/{scenario.transaction}, "
    yield f"  existing {scenario.existing}"
    yield f"  {len(outcome.choices)} choices: {_choices(outcome)}"
    yield ""
    yield f"  {'seconds':>9}  {'activity':44}  {'call':58}  outcome"
    for at, activity, call, result in outcome.trace:
        yield f"  {at:9.2f}  {activity:44}  {_short(call):58}  {result}"


def _choices(outcome: Outcome) -> str:
    shown = [
        f"{name} {number} {kind}={value}" for (name, number, kind), value in sorted(outcome.choices.items(), key=str)
    ]
    return "; ".join(shown[:40])


def _short(call: str) -> str:
    service, _, subject = call.partition(" ")
    return f"{service} {subject if len(subject) < 40 else subject[:16] + '...' + subject[-20:]}"
