"""What infrastructure sets is what the code reads."""

import importlib
import json

from bounded_context.adapters.conditional import key_of
from bounded_context.adapters.items import KEY, LIST, Items
from bounded_context.adapters.services import ALIAS
from bounded_context.declaration.entry_points import of_library
from bounded_context.declaration.structure import EXPORT_FILES, MEET_DEADLINES, WATCH_MAPPINGS
from bounded_context.domain.spelling import kebab
from bounded_context.handlers.watch_lists import MAPPED
from bounded_context_infra import PLATFORM
from bounded_context_infra.configuration.project import current
from bounded_context_infra.configuration.settings import Consumed
from tests.function_settings import by_function
from tests.infra.graph import CONTEXT, Graph

COMMON = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_LOGGER_SAMPLE_RATE",
    "PYDANTIC_DISABLE_PLUGINS",
}

BY_FUNCTION = by_function(CONTEXT)


def _variables(deployed: Graph, function: str) -> dict[str, str]:
    name = function.replace("_", "-")
    return deployed.one("lambda/function", name).inputs["environment"]["variables"]


def test_every_function_has_settings_and_every_setting_a_function(deployed: Graph) -> None:
    """Neither side knows a function that the other does not."""
    assert set(BY_FUNCTION) == set(deployed.outputs["functions"]) | set(deployed.outputs["release"]["hooks"])


def test_each_function_has_exactly_the_variables_of_its_settings(deployed: Graph) -> None:
    """A missing variable fails the first call; one too many misleads its reader."""
    for function, settings in BY_FUNCTION.items():
        needed = {field.upper() for field in settings.model_fields}
        assert set(_variables(deployed, function)) - {"CONTEXT"} == needed | COMMON, function


def test_the_librarys_functions_have_the_name_of_the_context(deployed: Graph) -> None:
    """By the name under which it is declared; the repository's own steps know it."""
    functions = {name for name in BY_FUNCTION if "CONTEXT" in _variables(deployed, name)}
    assert functions == {*PLATFORM, *of_library(current().context)} - {WATCH_MAPPINGS, MEET_DEADLINES, EXPORT_FILES}
    assert {_variables(deployed, name)["CONTEXT"] for name in functions} == {current().settings["context"]}


def test_the_deployed_values_are_good_settings(deployed: Graph) -> None:
    """The text that a variable holds parses as the type that the code expects."""
    for function, settings in BY_FUNCTION.items():
        values = {name.lower(): value for name, value in _variables(deployed, function).items()}
        assert settings.model_validate(values), function


def test_each_handler_exists(deployed: Graph) -> None:
    """The dotted name that Lambda is given leads to a function."""
    for node in deployed.of("lambda/function"):
        module, _, function = node.inputs["handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), node.inputs["handler"]


def test_values_come_from_the_resources_themselves(deployed: Graph) -> None:
    """Names are passed on, not written twice."""
    assert _variables(deployed, "import_list")["TABLE_NAME"] == deployed.outputs["table_name"]
    assert _variables(deployed, "import_list")["INBOX_BUCKET"] == deployed.outputs["inbox_bucket"]
    assert _variables(deployed, "on_event")["DEAD_LETTER_URL"] == deployed.outputs["dead_letter_queues"]["inbound"]
    assert _variables(deployed, "relay_events")["TOPIC_ARN"] == deployed.outputs["topic_arn"]
    # The machine is made after the function: its ARN is built, and must be the one that it gets.
    assert _variables(deployed, "watch_lists")["STATE_MACHINE_ARN"] == deployed.outputs["state_machine"]


def test_each_reader_of_the_stream_gets_its_items(deployed: Graph) -> None:
    """The prefixes of keys are written by the code and filtered by the infrastructure."""
    for reader, prefix in {"relay-events": Items(CONTEXT).prefix, "measure-lists": LIST}.items():
        mapping = deployed.one("lambda/eventSourceMapping", f"{reader}-stream").inputs
        (pattern,) = [json.loads(entry["pattern"]) for entry in mapping["filterCriteria"]["filters"]]
        assert pattern == {"dynamodb": {"Keys": {KEY: {"S": [{"prefix": prefix}]}}}}


def test_the_projection_items_have_the_keys_that_the_code_writes() -> None:
    """A role that may write other keys alone would refuse every event."""
    assert Consumed("/topic", "order_line", ("A",), ()).key == key_of("order_line", "")


def test_the_watch_looks_at_the_mappings_that_every_stack_has(deployed: Graph) -> None:
    """By the names of functions and of their alias. One more would be reported as missing."""
    watched = {f"{_variables(deployed, 'watch_lists')['FUNCTION_PREFIX']}{kebab(name)}:{ALIAS}" for name in MAPPED}
    mapped = {node.inputs["functionName"].split(":", 6)[-1] for node in deployed.of("lambda/eventSourceMapping")}
    assert watched == mapped


def test_metrics_of_two_stacks_do_not_mix(deployed: Graph) -> None:
    """The namespace is the stack's, the dimension `service` is the context."""
    prefix = deployed.one("codedeploy/application").inputs["name"]
    for function in BY_FUNCTION:
        variables = _variables(deployed, function)
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == prefix
        assert variables["POWERTOOLS_SERVICE_NAME"] == CONTEXT.name
