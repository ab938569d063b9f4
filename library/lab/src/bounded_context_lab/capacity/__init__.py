"""`context capacity`: the time of lists on AWS, by a simulation with the stack's settings. AWS is not called."""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from typer import Argument, Option

from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import refuse
from bounded_context_cli.command.values import counted
from bounded_context_cli.programs.recording import service
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_cli.views.cost.flow import RELAY
from bounded_context_infra.configuration.project import ProjectError

from .advice import Answer
from .model import STAGES, Model
from .simulation import Outcome

POWERS: Final = tuple(10**power for power in range(4, 9))
"""The numbers of rows of the table."""

_DEFAULT_REGION: Final = "eu-west-1"


def capacity(
    stack: Annotated[str, Argument(help="the Pulumi stack")],
    rows: Annotated[
        int | None,
        Option(parser=counted("rows", POWERS[2]), metavar="N", help="rows of all lists (default: a table of numbers)"),
    ] = None,
    lists: Annotated[
        int | None,
        Option(
            parser=counted("lists", 2), metavar="M", help="lists that arrive at the same time (default: the fewest)"
        ),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
) -> int:
    """Print the time and the cost of lists, from their upload to the subscribers' queues.

    Examples:
      context capacity prod                             10,000 to 100 million rows
      context capacity prod --rows 1000000              one number, stage by stage
      context capacity prod --rows 1000000 --lists 4    four lists of 250,000 rows

    Exit status:
      0  the lists are imported
      1  the result for --rows is printed, and a list exceeds a limit
      2  nothing could be printed
    """
    try:
        model = model_of(stack)
    except ProjectError as error:
        return refuse(str(error))
    answers = [Answer(model, number, lists or model.lists(number)) for number in ([rows] if rows else POWERS)]
    document: Any = [as_document(answer) for answer in answers]
    if as_json:
        sys.stdout.write(json.dumps(document[0] if rows else document, indent=2) + "\n")
    else:
        head = f"{stack}, {model.region}, {model.describe('messages')}"
        sys.stdout.write(f"{head}\n\n{stage_lines(answers[0]) if rows else table(answers)}")
    return 1 if rows and answers[0].refusals else 0


def model_of(stack: str) -> Model:
    """Return the model of a stack of the current repository. Raises ProjectError."""
    project, program = repository(), service()
    if not project.context.has_lists:
        raise ProjectError(f"{project.context.title} has no lists: there is no capacity to simulate.")
    settings, region = settings_of(project, stack), program.config(stack).get("aws:region", _DEFAULT_REGION)
    return Model(project.context, settings, program.graph(stack), region)


def as_document(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON."""
    stage, limit = answer.bottleneck
    new, warm = _executions(answer)
    return {
        "rows": answer.rows,
        "lists": answer.lists,
        "warm_table": _outcome(answer.warm),
        "new_table": _outcome(answer.new),
        "bottleneck": {"stage": stage, "limit": limit},
        "refusals": list(answer.refusals),
        "warnings": list(answer.warnings),
        "throttles": [throttle.as_json() for throttle in answer.throttles],
        "change": {"change": answer.change.words, "seconds": round(answer.change.seconds)} if answer.change else None,
        "usd": round(answer.usd, 4),
        "log10_overload": {
            name: round(bound, 1) if math.isfinite(bound) else None for name, bound in answer.hot_keys.items()
        },
        **({"export_seconds": round(answer.export_seconds)} if answer.model.context.exports else {}),
        **({"archive_seconds": round(answer.archive_seconds)} if answer.flow.archives else {}),
        "in_flight_seconds": round(answer.in_flight_seconds, 1),
        "oldest_event_seconds": round(answer.warm.oldest),
        "messages_a_second": round(answer.model.quotas["messages"].value),
        "executions": {"new_table": new, "warm_table": warm, "least_relay": answer.model.least_relay},
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    stages = {name: round(seconds, 1) for name, seconds in outcome.stages.items()}
    return {"seconds": round(outcome.total, 1), "stages": stages, "delivered": outcome.delivered}


def table(answers: Sequence[Answer]) -> str:
    """Return a line for each answer, and its bottleneck."""
    head = f"{'rows':>11}  {'lists':>5}" + "".join(f"  {name:>12}" for name in (*STAGES, "total")) + f"  {'USD':>8}"
    rows = (f"{answer.rows:>11,}  {answer.lists:>5}{_times(answer.warm)}  {answer.usd:>8.2f}" for answer in answers)
    notes = (f"{answer.rows:>11,}  {': '.join(answer.bottleneck)}" for answer in answers)
    refused = (
        f"{answer.rows:>11,}  {sentence}" for answer in answers for sentence in (*answer.refusals, *answer.warnings)
    )
    return "\n".join([head, *rows, "", f"{'rows':>11}  bottleneck", *notes, *refused]) + "\n"


def _times(outcome: Outcome) -> str:
    return "".join(f"  {duration(seconds):>12}" for seconds in (*outcome.stages.values(), outcome.total))


def duration(seconds: float) -> str:
    """Return a time: in seconds, in minutes from ten minutes on, or in hours from ten hours on."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 10 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def stage_lines(answer: Answer) -> str:
    """Return an answer, stage by stage."""
    return "\n".join([*_stages(answer), "", *_facts(answer), *answer.refusals, *answer.warnings]) + "\n"


def _stages(answer: Answer) -> Iterator[str]:
    yield f"{f'{answer.rows:,} rows, lists: {answer.lists}':<32}{'warm table':>12}{'new table':>12}"
    totals = ({**outcome.stages, "total": outcome.total} for outcome in (answer.warm, answer.new))
    warm, new = totals
    yield from (f"{name:<32}{duration(warm[name]):>12}{duration(new[name]):>12}" for name in warm)


def _facts(answer: Answer) -> Iterator[str]:
    yield f"Bottleneck: {': '.join(answer.bottleneck)}"
    for throttle in answer.throttles:
        yield f"Throttled for {duration(throttle.delay)}: {throttle.words}; {throttle.remedy}"
    yield (
        f"Change: {answer.change.words}, saves {duration(answer.change.seconds)}"
        if answer.change
        else "Change: none saves 5 %"
    )
    yield f"Cost: {answer.usd:.2f} USD"
    yield f"Subscribers: {answer.in_flight_seconds:,.0f} s for a message, before SQS refuses to deliver more"
    new, warm = _executions(answer)
    if answer.model.context.exports:
        yield f"Exports: {duration(answer.export_seconds)} until each partner sees a file of all rows"
    if answer.flow.archives:
        yield f"Archives: {duration(answer.archive_seconds)} until the last event is in a stream"
    least = f"reserved_concurrency: {{{RELAY}: {answer.model.least_relay}}} is enough for SNS's quota"
    yield f"Concurrent executions: {warm:,} (new table: {new:,}); {least}"
    bounds = (f"{name} {_bound(bound)}" for name, bound in answer.hot_keys.items())
    yield f"Hot keys, in any second of the import: {', '.join(bounds)}"


def _executions(answer: Answer) -> tuple[int, int]:
    """Return the concurrent executions for a new table, and for a table that has had this load."""
    return answer.model.executions(answer.lists, new=True), answer.model.executions(answer.lists, new=False)


def _bound(bound: float) -> str:
    """Return a bound in words. A bound of 0 says nothing: the rows of a second are as many as the partitions accept."""
    if math.isinf(bound):
        return "never"
    return f"with a probability below 1e{math.ceil(bound)}" if bound else "at their limit"
