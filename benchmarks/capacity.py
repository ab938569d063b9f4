"""Measure the error of the capacity model: predicted and measured times of lists on the embedded AWS, in one run.

Two small lists before each list, and two after it, calibrate the times of the stages. The calibration is repeated
because other programs may use the machine's processors at any time. The model predicts the list's time from the
calibrated times and the emulator's limits. Lists of 1,000 or 10,000 rows take only seconds: use the median of three
ratios.

    uv run python benchmarks/capacity.py [--rows 1000 10000 ...] [--json]
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from _context import CONTEXT, run_in_context

SMALL, LARGE = 500, 4000
"""Rows of the calibration lists: one part of the local stack for each child of a map, and 16 parts."""

Times = Mapping[str, float]

STATES = ("ValidateList", "VerifySubscription", "ImportList", "MarkImported")
STAGES = ("registration", "validation", "verification", "import")


def measured(rows: list[int]) -> Iterator[dict[str, float]]:
    """Import a list for each number in `rows`, in turn; yield the seconds of each stage and of the events."""
    from bounded_context_infra.configuration.project import current
    from bounded_context_local.running.start import running_context

    os.chdir(CONTEXT)
    with running_context(current()) as running:
        for seed, count in enumerate(rows):
            yield _imported(running, running.samples.document(count, seed), f"list-{seed}.csv", count)


def _imported(running, content: bytes, name: str, count: int) -> dict[str, float]:  # noqa: ANN001
    from bounded_context_local import stack_state
    from bounded_context_local.actors.subscriber import SURPLUS_SECONDS, wait_for

    began = time.time()
    ended = running.follow(running.partner.upload(name, content))
    if ended.outcome != "IMPORTED":
        raise SystemExit(f"{name} ended as {ended.outcome}: {ended.error}")
    wait_for(running.subscribers, ended.list_id, count + 1)
    times = [began, *_entered(stack_state.history(running.aws, ended.arn)), time.time() - SURPLUS_SECONDS]
    return dict(zip((*STAGES, "events"), (after - before for before, after in pairwise(times)), strict=True))


def _entered(history: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    # A list of several parts enters the verification again after its map. A stage begins with the first entry.
    at = {
        event["stateEnteredEventDetails"]["name"]: event["timestamp"]
        for event in reversed(history)
        if "stateEnteredEventDetails" in event
    }
    for state in STATES:
        moment: datetime = at[state]
        yield moment.timestamp()


def predicted(rows: int, small: Times, large: Times) -> Times:
    """Return the model's seconds of each stage for a list with `rows` rows, calibrated by a small and a large list."""
    from bounded_context_cli.programs.stack_settings import settings_of
    from bounded_context_infra.configuration.project import current
    from bounded_context_lab.capacity.simulation import Plan, Rate, Stage, simulate

    settings = settings_of(current(), "local")
    lanes, size = settings.import_concurrency, settings.part_rows
    each = {name: max(0.0, large[name] - small[name]) / (LARGE - SMALL) for name in small}
    call = {name: max(0.0, small[name] - SMALL * each[name]) for name in small}

    def children(name: str) -> tuple[Stage, Stage]:
        # The children of a map share the processors, so the time per row is multiplied by the number of lanes.
        return Stage(name, "start", call=call[name]), Stage(name, "parts", lanes=lanes, part=size * each[name] * lanes)

    plan = Plan(
        rows,
        1,
        size,
        (
            *(Stage(name, call=call[name], row=each[name]) for name in STAGES[:2]),
            *children("verification"),
            *children("import"),
        ),
        Stage("events", part=call["events"], of_row={"relay": 1}),
        {"relay": Rate(1 / (each["import"] + each["events"])), "scaling": Rate(1e6)},
        executions=12,
    )
    return simulate(plan).stages


def main() -> None:
    """Print the ratio and the times of each list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000] * 3 + [10_000] * 3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    run_in_context()
    sizes = [LARGE]  # The first list includes the cold starts and is discarded.
    for rows in arguments.rows:
        sizes += [SMALL, LARGE, rows]
    _, *times = measured([*sizes, SMALL, LARGE])
    results = [_compared(rows, *times[3 * place : 3 * place + 5]) for place, rows in enumerate(arguments.rows)]
    if arguments.json:
        print(json.dumps(results))
        return
    for result in results:
        print(json.dumps(result))


def _compared(rows: int, *times: Times) -> dict[str, object]:
    """Compare a list with its prediction from the calibrations before and after it."""
    small, large, measurement, small_after, large_after = times
    model = predicted(rows, _mean(small, small_after), _mean(large, large_after))
    stages = {name: [round(model[name], 1), round(measurement[name], 1)] for name in measurement}
    ratio = sum(model.values()) / sum(measurement.values())
    return {"rows": rows, "ratio": round(ratio, 2), "predicted and measured": stages}


def _mean(first: Times, other: Times) -> Times:
    return {name: (first[name] + other[name]) / 2 for name in first}


if __name__ == "__main__":
    main()
