"""The state machine as a resource; what its definition says is a matter of the contract tests."""

import asyncio
import json
from dataclasses import replace

import pulumi
import pytest

from bounded_context_cli.programs.stack_settings import settings_of
from bounded_context_infra.components.workflow import concurrency, substitute
from bounded_context_infra.configuration.project import current

from .graph import Graph, run


def test_the_machine_is_published_logged_and_traced(prod: Graph) -> None:
    """Every transition is logged, without the data."""
    machine = prod.one("sfn/stateMachine").inputs
    log_group = prod.one("cloudwatch/logGroup", "list-import-logs")
    assert machine["publish"] is True
    assert machine["tracingConfiguration"] == {"enabled": True}
    assert machine["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": False,
        "logDestination": f"{log_group.arn}:*",
    }


def test_the_alias_starts_at_the_version_just_published(prod: Graph) -> None:
    """All executions of a new stack run its first version."""
    (route,) = prod.one("sfn/alias").inputs["routingConfigurations"]
    assert route == {"stateMachineVersionArn": f"{prod.one('sfn/stateMachine').arn}:3", "weight": 100}


def test_the_role_may_log_and_start_children_before_the_machine_exists(prod: Graph) -> None:
    """Step Functions refuses a machine that cannot write its log."""
    assert prod.one("iam/rolePolicy", "list-import-to-list-import").urn in prod.one("sfn/stateMachine").dependencies


def test_concurrency_is_a_number_in_the_definition(prod: Graph) -> None:
    """A placeholder outside quotes takes the value as it is."""
    definition = prod.one("sfn/stateMachine").document("definition")
    assert definition["States"]["ImportList"]["MaxConcurrency"] == 20


@pytest.mark.parametrize(("settings", "parts"), [({"import_concurrency": 7}, 7), ({"verification_concurrency": 3}, 3)])
def test_the_parts_that_are_verified_at_the_same_time_are_a_setting(settings: dict[str, int], parts: int) -> None:
    """By default as many as are imported."""
    states = run("dev", **settings).one("sfn/stateMachine").document("definition")["States"]
    imported = settings.get("import_concurrency", 20)
    at_once = {name: states[name]["MaxConcurrency"] for name in ("ValidateRanges", "VerifyParts", "ImportList")}
    assert at_once == {"ValidateRanges": imported, "VerifyParts": parts, "ImportList": imported}


BOTH = {"import_concurrency", "verification_concurrency"}


@pytest.mark.parametrize(("own", "names"), [(None, {"import_concurrency"}), (3, BOTH)])
def test_a_definition_of_an_earlier_release_has_one_number_of_children(own: int | None, names: set[str]) -> None:
    """The setting without its placeholder is refused as an unused value."""
    settings = replace(settings_of(current(), "dev"), verification_concurrency=own)
    assert set(concurrency(settings, '{"MaxConcurrency": ${import_concurrency}}')) == names


def test_a_missing_value_is_named() -> None:
    """A placeholder without a value stops the program, not the import."""
    with pytest.raises(ValueError, match=r"needs values.* queue_url\.$"):
        substitute('{"Queue": "${queue_url}"}', {})


def test_an_unused_value_is_named() -> None:
    """Either the value or the definition has a mistake."""

    async def substituted() -> None:
        substitute("{}", {"old_arn": pulumi.Output.from_input("x")})

    with pytest.raises(ValueError, match=r"not use old_arn\.$"):
        asyncio.run(substituted())


def test_json_is_valid_after_substitution(prod: Graph) -> None:
    """No placeholder is left."""
    text: str = prod.one("sfn/stateMachine").inputs["definition"]
    assert json.loads(text)
    assert "${" not in text
