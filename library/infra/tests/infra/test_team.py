"""What a team does to its program without touching the library, each as it would write it."""

import json
import shutil
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bounded_context_cli.programs.recording import recorded
from bounded_context_infra import FunctionsError, SettingError
from bounded_context_infra.components.table import TableError
from bounded_context_infra.configuration.project import VARIABLE, current, list_workflow

from .alarms import expressions, notifiers
from .graph import CONTEXT, Graph, Program, run, run_context
from .test_permissions import actions_on, inbox

CONNECTED = "finish(stack, "
"""The line of the program before which a team's own stands."""


class Repository:
    """A copy of the repository's program, to be edited, with its own definition of the workflow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        root = current().root
        shutil.copytree(root / "infra" / "service", folder / "infra" / "service")
        shutil.copy(root / "pyproject.toml", folder)
        (folder / ASL).parent.mkdir()
        (folder / ASL).write_text(list_workflow(CONTEXT), encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        path = self._folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, stack: str = "prod", **settings: Any) -> Graph:
        """What its program registers: stored between runs, under the digest of the copy and of the context."""
        program = Program(self._folder / "infra" / "service", CONTEXT.name)
        name, sources = f"program of a team as {stack} {settings}", current().sources
        with patch.dict(environ, {VARIABLE: str(self._folder)}):
            return recorded(name, lambda: program.run(stack, **settings), self._folder, sources)


MAIN = "infra/service/__main__.py"
FUNCTIONS = "infra/service/functions.py"
PRESETS = f"    **standard_presets({CONTEXT.name.upper()}),\n"
"""The line after which a team writes presets of its own."""

ASL = "workflow/list_import.asl.json"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def _added(graph: Graph) -> set[tuple[str, str]]:
    before = {(node.kind, node.name) for node in run("prod").nodes}
    return {(node.kind, node.name) for node in graph.nodes} - before


def _function(repository: Repository, preset: str) -> None:
    """Add a function `archive`, made by a preset."""
    repository.replace(FUNCTIONS, PRESETS, f'{PRESETS}    "archive": {preset},\n')


def _import(repository: Repository, *names: str) -> None:
    """Import presets and `replace` into the presets' file."""
    imported = ", ".join((*names, "Preset", "standard_presets"))
    lines = f"from dataclasses import replace\nfrom bounded_context_infra import {imported}\n"
    repository.replace(FUNCTIONS, "from bounded_context_infra import Preset, standard_presets\n", lines)


def test_a_resource_of_its_own_with_a_function_that_uses_it(repository: Repository) -> None:
    """Plain pulumi_aws beside components; the function is told its name, may use it, and is released as all are."""
    _function(repository, 'Preset(timeout=30, memory=512, variables=("ARCHIVE_BUCKET",))')
    repository.replace(
        MAIN,
        "from bounded_context_infra import (\n",
        "import pulumi\nfrom pulumi_aws import s3\nfrom bounded_context_infra import (\n    allow,\n",
    )
    repository.replace(
        MAIN, "functions = Functions(", 'archive = s3.Bucket("archive", tags=stack.labels.tags)\nfunctions = Functions('
    )
    repository.replace(
        MAIN, "workflow=IMPORT)\nlive", 'workflow=IMPORT, values={"ARCHIVE_BUCKET": archive.bucket})\nlive'
    )
    own = (
        'functions["archive"].permit("files", allow(["s3:PutObject"], pulumi.Output.concat(archive.arn, "/*")))\n'
        'pulumi.export("archive", archive.arn)\n'
    )
    repository.replace(MAIN, CONNECTED, f"{own}{CONNECTED}")
    graph = repository.run()
    bucket, function = graph.one("s3/bucket", "archive"), graph.one("lambda/function", "archive").inputs
    assert function["environment"]["variables"]["ARCHIVE_BUCKET"] == bucket.outputs["bucket"]
    assert function["handler"] == f"{CONTEXT.name}.archive.lambda_handler"
    assert actions_on(graph, "archive", f"{bucket.arn}/*") == {"s3:PutObject"}
    assert graph.outputs["archive"] == bucket.arn
    assert graph.outputs["functions"]["archive"].endswith(":live")
    assert "archive" in graph.outputs["release"]["groups"]
    for what in ("errors", "throttles", "duration"):
        # The tenth function in the background, and the ninth long one.
        told_of = {name: node for name, node in notifiers(graph).items() if name.startswith(f"background-{what}")}
        assert any(" archive" in node.inputs["alarmDescription"] for node in told_of.values())
    assert f"{function['name']}" in json.dumps(graph.one("cloudwatch/dashboard", "technical").document("dashboardBody"))


def test_a_function_of_its_own_may_have_a_limit_on_its_latency(repository: Repository) -> None:
    """The name of an unknown function is refused; the error lists the functions."""
    _function(repository, "Preset(timeout=30, memory=512)")
    assert "archive-latency" in notifiers(repository.run(latency_alarms={"archive": 500}))
    with pytest.raises(SettingError, match=r"'register'.* archive\.$") as refused:
        repository.run(latency_alarms={"register": 500})
    assert refused.value.setting == "latency_alarms"


def test_a_function_gets_the_permissions_of_its_preset(repository: Repository) -> None:
    """The table, an index, a folder of the inbox: each by a word in its preset."""
    _function(
        repository,
        'Preset(timeout=30, memory=512, variables=("TABLE_NAME",), items=("GetItem",), read=("reports",))',
    )
    graph = repository.run()
    assert actions_on(graph, "archive", graph.one("dynamodb/table").arn) == {"dynamodb:GetItem"}
    assert actions_on(graph, "archive", f"{inbox(graph).arn}/reports/*") == {"s3:GetObject"}


def test_one_function_has_other_limits(repository: Repository) -> None:
    """A preset with a difference; alarms follow."""
    name = CONTEXT.command_functions[0]
    _function(repository, "COMMAND")
    repository.replace(FUNCTIONS, '"archive": COMMAND,', f'"{name}": replace(COMMAND, timeout=25, memory=1024),')
    _import(repository, "COMMAND")
    graph = repository.run()
    function = graph.one("lambda/function", name.replace("_", "-")).inputs
    assert (function["timeout"], function["memorySize"]) == (25, 1024)
    assert expressions(notifiers(graph)["callers-duration"])["part1"] == "duration1 / 250"
    assert _added(graph) == set()


def test_a_function_of_the_librarys_own_has_other_limits(repository: Repository) -> None:
    """It is named in FUNCTIONS, which leaves the rest of it alone."""
    own = '    "relay_events": replace(PLATFORM["relay_events"], memory=1024),\n'
    repository.replace(FUNCTIONS, PRESETS, f"{PRESETS}{own}")
    _import(repository, "PLATFORM")
    relay = repository.run().one("lambda/function", "relay-events").inputs
    assert (relay["memorySize"], relay["handler"]) == (1024, "bounded_context.handlers.relay_events.lambda_handler")


def test_a_state_of_its_own_in_the_workflow_calls_a_function_of_its_own(repository: Repository) -> None:
    """`${<function>_arn}` in the file is enough: the role of the machine may then invoke it."""
    _function(repository, "Preset(timeout=30, memory=512)")
    repository.replace(ASL, '"StartAt": "RegisterList"', '"Comment": "${archive_arn}", "StartAt": "RegisterList"')
    graph = repository.run()
    arn = graph.outputs["functions"]["archive"]
    assert graph.one("sfn/stateMachine").document("definition")["Comment"] == arn
    assert actions_on(graph, "list-import", arn) == {"lambda:InvokeFunction"}


def test_a_value_of_its_own_in_the_workflow(repository: Repository) -> None:
    """A queue that a state sends to, say."""
    repository.replace(ASL, '"StartAt": "RegisterList"', '"Comment": "${tickets}", "StartAt": "RegisterList"')
    with pytest.raises(ValueError, match=r"needs values.* tickets\.$"):
        repository.run()
    repository.replace(
        MAIN, "fanout=fanout)\ninbox.start", 'fanout=fanout, substitutions={"tickets": "a queue"})\ninbox.start'
    )
    assert repository.run().one("sfn/stateMachine").document("definition")["Comment"] == "a queue"


def test_another_subscriber_in_one_stack(repository: Repository) -> None:
    """A setting, and nothing else; in all stacks it is a name in the context."""
    graph = repository.run(subscribers=[*CONTEXT.subscribers, "ledger"])
    assert {name for kind, name in _added(graph) if kind == "sqs/queue"} == {
        "events-ledger",
        "events-ledger-dead-letters",
    }


def test_a_threshold_in_the_stacks_file(repository: Repository) -> None:
    """Where it differs from the library's."""
    repository.replace(
        "infra/service/Pulumi.prod.yaml", "config:\n", f"config:\n  {CONTEXT.name}:thresholds:\n    rejected_lists: 9\n"
    )
    assert notifiers(repository.run())["lists-rejected"].inputs["threshold"] == 9


def test_a_route_of_its_own(repository: Repository) -> None:
    """Beside those of the declaration, to a function of its own."""
    _function(repository, "Preset(timeout=30, memory=512)")
    name = CONTEXT.name.upper()
    repository.replace(
        MAIN,
        'HttpApi("api", stack, live)',
        f'HttpApi("api", stack, live, routes={{**{name}.routes, "archive": "GET /archive"}})',
    )
    keys = {node.inputs["routeKey"] for node in repository.run().of("apigatewayv2/route")}
    assert keys == {*CONTEXT.routes.values(), "GET /archive"}


def test_a_function_without_a_preset_is_named(repository: Repository) -> None:
    """The error names the dictionary and the function."""
    names = [name for name in CONTEXT.functions if name != "on_event"]
    repository.replace(FUNCTIONS, PRESETS, "".join(f'    "{name}": Preset(timeout=9, memory=512),\n' for name in names))
    with pytest.raises(FunctionsError, match=r"^FUNCTIONS .*\bon_event\b"):
        repository.run()


def test_a_context_without_an_index_has_no_list_query() -> None:
    """Neither the function nor its route."""
    graph = run_context(replace(CONTEXT, queried_by=()), "prod")
    names = {node.name for node in graph.of("lambda/function")}
    assert CONTEXT.list_function.replace("_", "-") not in names
    assert CONTEXT.get_function.replace("_", "-") in names


def test_a_query_without_an_index_is_named(repository: Repository) -> None:
    """A preset queries the table, and the declaration has no index."""
    name = CONTEXT.name.upper()
    own = f"from dataclasses import replace\nstack = Stack(replace({name}, queried_by=()))"
    repository.replace(MAIN, f"stack = Stack({name})", own)
    with pytest.raises(TableError, match="queried_by"):
        repository.run()


def test_a_role_of_items_without_a_key_is_refused(repository: Repository) -> None:
    """On AWS an empty list of keys allows every item."""
    more = 'inbox.start(workflow)\ntable.grant_items(workflow.role, "GetItem", keys=[])'
    repository.replace(MAIN, "inbox.start(workflow)", more)
    with pytest.raises(TableError):
        repository.run()


def test_a_variable_without_a_value_is_named(repository: Repository) -> None:
    """The error names the function and the variable."""
    _function(repository, 'Preset(timeout=30, memory=512, variables=("ARCHIVE",))')
    with pytest.raises(FunctionsError, match=r"^archive reads ARCHIVE,"):
        repository.run()


def test_a_queue_hides_a_message_for_as_long_as_its_function_may_take(repository: Repository) -> None:
    """A longer timeout must be said to the queue too."""
    repository.replace(FUNCTIONS, PRESETS, f'{PRESETS}    "on_event": replace(ON_EVENT, timeout=60),\n')
    _import(repository, "ON_EVENT")
    with pytest.raises(ValueError, match=r"^on_event .*timeout=60 to Inbound\.$"):
        repository.run()
    repository.replace(MAIN, 'Inbound("inbound", stack)', 'Inbound("inbound", stack, timeout=60)')
    assert repository.run().one("sqs/queue", "inbound").inputs["visibilityTimeoutSeconds"] == 360


def test_an_own_role_has_the_boundary_of_the_stack(repository: Repository) -> None:
    """Without a line about it."""
    own = 'from pulumi_aws import iam\niam.Role("own", name="payment-prod-own", assume_role_policy="{}")\n'
    repository.replace("infra/service/__main__.py", CONNECTED, own + CONNECTED)
    limit = "arn:aws:iam::111122223333:policy/limit"
    assert repository.run(permissions_boundary=limit).one("iam/role", "own").inputs["permissionsBoundary"] == limit
