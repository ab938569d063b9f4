"""`context survey`: declarations and policy violations of a fleet's repositories, as one JSON document.

`context survey REPO...` reads repositories of any library version with the components and policies of this version, so
it shows their violations after an upgrade. It makes no AWS requests, and the repositories need no environments. It runs
each repository's declaration and program in a separate process.
"""

import gc
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, get_args, get_type_hints

from typer import Argument

from bounded_context.declaration.context import Context
from bounded_context.domain.aggregate import Change, Command
from bounded_context.domain.events import versioned
from bounded_context.domain.spelling import kebab
from bounded_context_cli.contracts.published import project_table
from bounded_context_cli.policies import POLICIES, PRODUCTION, judged, waivers
from bounded_context_cli.programs.pulumi_files import PIPELINE, settings, stacks, stacks_on_aws
from bounded_context_cli.programs.recording import Program
from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_cli.views.cost.cli import TITLES, estimate
from bounded_context_infra.configuration.project import DISTRIBUTION, VARIABLE, Project, ProjectError, at
from bounded_context_infra.configuration.routes import all_deprecated, all_routes
from bounded_context_infra.configuration.settings import Settings

if TYPE_CHECKING:
    from bounded_context.domain.reactions import Reaction


def survey_(repositories: Annotated[list[Path], Argument(metavar="REPO...", help="folders of repositories")]) -> int:
    """Print `{"library": VERSION, "repositories": [...]}`: for each repository its declaration and its violations.

    Examples:
      context survey ../payment ../order

    Exit status:
      0  the JSON is printed; the object of a repository that cannot be read has the reason
      2  wrong arguments
    """
    # Imported here for a fast help, and before the first process is forked. The processes live for seconds.

    import_module("bounded_context_infra")
    gc.disable()
    document = {"library": version(DISTRIBUTION), "repositories": each(repositories, survey)}
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    return 0


def declared(project: Project) -> dict[str, Any]:
    """Return a repository's declared facts as JSON values.

    - `name`, `title`, `owner` and `description` of the context;
    - `aggregate`: its name, summary, identity and statuses;
    - `commands` and `queries`: their functions, routes and summaries, and the commands' statuses and events;
    - `publishes`: the types of its events, each with the labels of its published major versions;
    - `deprecated`: the day from which each label, or each route, may be removed;
    - `reactions`: the `source` and `event` of each, its `rule`, and the events that it may lead to;
    - `schemas`: a digest of each committed schema, by the schema's name;
    - `stacks`: the stacks on AWS, by name (`_stack`).

    Raises:
        NoProject: the repository declares no context.
        ProjectError: a setting of a stack is invalid.
    """
    context = project.context
    return {
        "name": context.name,
        "title": context.display_name,
        "owner": context.owner,
        "description": str(project_table(project.root).get("description", "")),
        "aggregate": {
            "name": context.title,
            "summary": _summary(context.aggregate),
            "identity": context.identity,
            "statuses": [status.value for status in context.statuses],
        },
        "commands": [_command(context, command) for command in context.commands],
        "queries": [{"name": name, "route": context.routes.get(name)} for name in context.queries],
        "publishes": _publishes(context),
        "deprecated": dict(_deprecated(context)),
        "reactions": list(_reactions(context)),
        "schemas": dict(_schemas(project)),
        "stacks": dict(_stacks(project)),
    }


def _command(context: Context[Any], command: Command[Any, Any]) -> dict[str, Any]:
    return {
        "name": command.name,
        "summary": _summary(command.model),
        "route": context.routes.get(command.function),
        "after": [status.value for status in command.after],
        "status": command.status and command.status.value,
        "event": command.event,
    }


def _summary(kind: type) -> str:
    """Return the first line of a class's own docstring."""
    return str(vars(kind).get("__doc__") or "").strip().partition("\n")[0]


def _publishes(context: Context[Any]) -> dict[str, list[str]]:
    """Return the labels of each event type's major versions: `PaymentRegistered`, `PaymentRegistered.2`."""
    return {event_type: sorted(context.labels_of(event_type)) for event_type in sorted(context.events)}


def _deprecated(context: Context[Any]) -> Iterator[tuple[str, str]]:
    """Yield each deprecated label, or route such as `POST /payments`, with the day from which it may be removed."""
    labels = {versioned(name, version): context.label(name, version) for name, version in context.event_versions}
    routes = all_routes(context)
    for name, days in all_deprecated(context).items():
        yield labels.get(name) or routes[name], days.rpartition("/")[2]


def _reactions(context: Context[Any]) -> Iterator[dict[str, Any]]:
    for reaction in context.reactions:
        rule, leads_to = getattr(reaction.rule, "__name__", "a rule"), list(_effects(context, reaction))
        yield {"source": kebab(reaction.source), "event": reaction.event, "rule": rule, "leads_to": leads_to}


def _effects(context: Context[Any], reaction: "Reaction[Any]") -> tuple[str, ...]:
    """Return the events that a reaction may lead to, by the commands of its rule's annotation; by default all."""
    try:
        answer = get_type_hints(reaction.rule).get("return", Change)
    except (NameError, TypeError):
        answer = Change
    models = {model for model in (answer, *get_args(answer)) if isinstance(model, type) and issubclass(model, Change)}
    commands = [command for command in context.commands if command.kind != "creates"]
    named = tuple(command.event for command in commands if command.model in models)
    return named or tuple(command.event for command in commands)


def _schemas(project: Project) -> Iterator[tuple[str, str]]:
    for path in sorted(project.events.glob("*/*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(schema, sort_keys=True, ensure_ascii=False)
        yield str(schema.get("$id", path.stem)), hashlib.sha256(text.encode()).hexdigest()


def _stacks(project: Project) -> Iterator[tuple[str, dict[str, Any]]]:
    program, accounts = Program(project.service, project.package), _accounts(project)
    for stack in stacks_on_aws(project.service):
        region = program.config(stack).get("aws:region", "")
        yield stack, _stack(project.context, settings_of(project, stack), region, accounts.get(stack))


def _stack(context: Context[Any], settings: Settings, region: str, account: str | None) -> dict[str, Any]:
    """Return a stack's region and account, its subscribers with the labels that they get, and its consumed events."""
    return {
        "region": region,
        "account": account,
        "subscribers": {subscriber: _labels(context, settings, subscriber) for subscriber in settings.subscribers},
        "subscriber_accounts": list(settings.subscriber_accounts),
        "consumes": {
            name: {"topic": source.topic, "labels": sorted(source.types)} for name, source in settings.consumes.items()
        },
    }


def _labels(context: Context[Any], settings: Settings, subscriber: str) -> list[str]:
    types = settings.filters.get(subscriber, context.events)
    return sorted(context.labels_for(subscriber, types))


def _accounts(project: Project) -> Mapping[str, str]:
    """Return the account of each stack that has a role in the pipeline's settings."""
    pipeline = settings(project.pipeline, PIPELINE) if PIPELINE in stacks(project.pipeline) else {}
    return {
        environment["name"]: role.split(":")[4]
        for environment in pipeline.get("environments") or ()
        for role in environment.get("roles", {}).values()
    }


def survey(root: Path) -> dict[str, Any]:
    """Return the facts of a repository as JSON values. The process cannot survey another repository afterwards.

    The result has the members of `declared` and of `production`. If either function fails, its members are missing, and
    `error` has a sentence with the reason.
    """
    root = root.resolve()
    sys.dont_write_bytecode = True  # a survey writes no files into a repository
    os.environ[VARIABLE] = str(root)
    sys.path[:0] = [str(root / "src"), str(root)]
    return _facts(root, declared) | _facts(root, production)


def production(project: Project) -> dict[str, Any]:
    """Return the facts about production as JSON values.

    - `resources`: the number of resources of each kind;
    - `policies`: the sentences of violations, by the policy's name;
    - `waived`: the number of waived violations, by the policy's name;
    - `alarms`: the description of each alarm that notifies a person, by its name;
    - `cost`: the cost of a month without traffic, and of a million rows, in USD by list prices.

    Raises BadWaiver, and the exceptions of the repository's program.
    """
    graph = Program(project.service, project.package).run(PRODUCTION)
    waived = waivers(project.settings, POLICIES)
    results = judged(POLICIES, lambda policy: policy.violations(graph), waived, PRODUCTION)
    costs = estimate(project.context, graph).as_json()
    broken = {result.policy.name: [violation.sentence for violation in result.violations] for result in results}
    return {
        "resources": dict(sorted(Counter(node.kind for node in graph.nodes).items())),
        "policies": {name: sentences for name, sentences in broken.items() if sentences},
        "waived": {result.policy.name: len(result.waived) for result in results if result.waived},
        "alarms": {
            alarm.called: str(alarm.inputs.get("alarmDescription", ""))
            for alarm in (*graph.of("cloudwatch/metricAlarm"), *graph.of("cloudwatch/compositeAlarm"))
            if alarm.inputs.get("alarmActions")
        },
        "cost": {part: costs[part] for part in TITLES if part in costs},
    }


def _facts(root: Path, read: Callable[[Project], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read(at(root))
    except ProjectError as error:
        return {"error": str(error)}
    # A repository's code may raise any exception.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}


Result = dict[str, Any]
Work = Callable[[Path], Result]

_FORK: Final = multiprocessing.get_context("fork")
"""Forked processes inherit the imported modules: importing Pulumi's AWS package alone takes seconds."""


def each(folders: Sequence[Path], work: Work) -> list[Result]:
    """Return the results of `work` for all folders in order, with one parallel process per processor.

    If a process ends without a result, its result is `{"error": ...}` with the exit status.
    """
    waiting, running, results = list(folders), dict[Any, _Worker](), dict[Path, Result]()
    while waiting or running:
        if waiting and len(running) < (os.cpu_count() or 1):
            worker = _Worker.begin(waiting.pop(0), work)
            running[worker.answers] = worker
            continue
        for answers in wait(list(running)):
            finished_worker = running.pop(answers)
            results[finished_worker.folder] = finished_worker.result()
    return [results[folder] for folder in folders]


@dataclass(frozen=True)
class _Worker:
    """A process that works on a folder, the pipe for its result, and its home."""

    folder: Path
    process: BaseProcess
    answers: Any
    own: tempfile.TemporaryDirectory[str]

    @classmethod
    def begin(cls, folder: Path, work: Work) -> Self:
        answers, answer = _FORK.Pipe(duplex=False)
        own = tempfile.TemporaryDirectory(prefix="survey-", ignore_cleanup_errors=True)
        process = _FORK.Process(target=_send_result, args=(answer, folder, work, own.name), daemon=True)
        process.start()
        answer.close()
        return cls(folder, process, answers, own)

    def result(self) -> Result:
        try:
            return self.answers.recv()
        except EOFError:
            self.process.join()
            return {"error": f"its code ended the process that read it, with status {self.process.exitcode}"}
        finally:
            self.process.join()
            self.answers.close()
            self.own.cleanup()


def _send_result(answer: Connection, folder: Path, work: Work, own: str) -> None:
    # The output of a repository's code must not mix with the result on standard output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ |= {"HOME": own, "TMPDIR": own}
    tempfile.tempdir = own
    answer.send(work(folder))
    answer.close()
