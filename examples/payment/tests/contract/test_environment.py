"""What infrastructure sets is what the code reads."""

import importlib

from infra.context import CONTEXT
from tests.infra.graph import Graph

COMMON = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}

by_function = importlib.import_module(f"{CONTEXT}.settings").BY_FUNCTION


def _variables(deployed: Graph, function: str) -> dict[str, str]:
    name = function.replace("_", "-")
    return deployed.one("lambda/function", name).inputs["environment"]["variables"]


def test_every_function_has_settings_and_every_setting_a_function(deployed: Graph) -> None:
    """Neither side knows a function that the other does not."""
    assert set(by_function) == set(deployed.outputs["functions"]) | set(deployed.outputs["release"]["hooks"])


def test_each_function_is_told_what_its_settings_need_and_nothing_else(deployed: Graph) -> None:
    """A missing variable fails the first call; one too many misleads its reader."""
    for function, settings in by_function.items():
        needed = {field.upper() for field in settings.model_fields}
        assert set(_variables(deployed, function)) == needed | COMMON, function


def test_the_deployed_values_are_good_settings(deployed: Graph) -> None:
    """The text that a variable holds parses as the type that the code expects."""
    for function, settings in by_function.items():
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
    assert _variables(deployed, "relay_events")["TOPIC_ARN"] == deployed.outputs["topic_arn"]
