"""The reference of the settings has every setting, and each example on it is valid."""

import json
import os
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bounded_context_cli.docs import FOLDER
from bounded_context_cli.programs.pulumi_files import as_text, project_name
from bounded_context_cli.settings import documents
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.pipeline_settings import AccountSettings, PipelineSettings
from bounded_context_infra.configuration.project import current
from bounded_context_infra.configuration.schema import schemas
from bounded_context_infra.configuration.settings import ApiSettings, Settings
from tests.infra.graph import CONTEXT
from tests.infra.test_settings import LEAST
from tests.pipeline.program import LEAST as PIPELINE

PAGE = FOLDER / "settings.md"
GENERATOR = Path(__file__).parents[3] / "docs" / "settings_page.py"
OWN = {**schemas(Settings), **schemas(ApiSettings)}
ADDRESS = {"acme": {"public_keys": [], "addresses": ["203.0.113.7"]}}
NEEDED: dict[str, dict[str, Any]] = {
    **{name: {"sftp": "dedicated"} for name in OWN if name.startswith("sftp_")},
    "sftp_server_id": {"sftp": "shared"},
    "sftp_vpc": {"sftp": "dedicated", "partners": ADDRESS},
    "sftp_host_zone": {"sftp": "dedicated", "sftp_host_name": "sftp.example.org"},
    "backup": {"backup_copy": OWN["backup_copy"]["examples"][0]},
    "backup_copy": {"backup": "vault"},
    "filters": {"subscribers": ["billing"]},
}
"""Settings that others need."""


class Recorder(dict[str, str]):
    """A stack's file that records the settings that are read."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def get(self, key: str, /) -> str | None:  # pyrefly: ignore[bad-override] (without a default)
        self.read.add(key)
        return super().get(key)


def test_every_setting_that_is_read_is_declared() -> None:
    """And every declared setting is read. `formats` is only read to refuse it."""
    service, pipeline = Recorder(LEAST), Recorder({**_texts(PIPELINE), "protect": "true"})
    Settings.from_config(CONTEXT, service)
    PipelineSettings.from_config(pipeline, "codeconnections", CONTEXT.name)
    assert service.read - {"formats"} == OWN.keys()
    assert pipeline.read == schemas(PipelineSettings).keys()


@pytest.mark.slow
def test_the_page_is_current() -> None:
    """`WRITE_SETTINGS=1` writes it again."""
    spec = spec_from_file_location("settings_page", GENERATOR)
    assert spec
    assert spec.loader
    generator = module_from_spec(spec)
    spec.loader.exec_module(generator)
    if os.environ.get("WRITE_SETTINGS"):
        PAGE.write_text(generator.page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == generator.page()
    declared = (*OWN, *schemas(PipelineSettings), *schemas(AccountSettings))
    assert all(f"| `{name}` |" in generator.page() for name in declared)


def test_each_example_is_valid_for_the_program_and_the_editor() -> None:
    for name, schema in OWN.items():
        example = json.loads(json.dumps(schema["examples"][0]).replace("LoanRegistered", CONTEXT.events[0]))
        settings = {**LEAST, **NEEDED.get(name, {}), name: example}
        Settings.from_config(CONTEXT, _texts(settings))
        assert _faults(settings) == [], name


def test_the_examples_of_an_account_are_valid_for_the_program_and_the_editor() -> None:
    settings = {name: schema["examples"][0] for name, schema in schemas(AccountSettings).items()}
    assert set(vars(AccountSettings.from_config(_texts(settings), settings))) == settings.keys()
    prefix = project_name(current().account)
    document = {"config": {f"{prefix}:{name}": value for name, value in settings.items()}}
    assert [*Draft7Validator(documents(current())["account"]).iter_errors(document)] == []


def _limits() -> Iterator[tuple[str, Any, bool]]:
    """Yield the limits of each number, and numbers beyond them: the setting, its value, and whether it is valid."""
    for name, schema in OWN.items():
        for member, inner in {"": schema, **schema.get("properties", {})}.items():
            for limit, beyond in (("minimum", -1), ("maximum", 1)):
                if limit in inner:
                    for value in (inner[limit], inner[limit] + beyond):
                        yield name, {member: value} if member else value, value == inner[limit]


def test_the_program_and_the_editor_have_the_same_limits() -> None:
    for name, value, valid in _limits():
        settings = {**LEAST, name: value}
        assert (not _faults(settings)) == valid, (name, value)
        assert _accepted(settings) == valid, (name, value)


def _changed(value: Any) -> Iterator[Any]:
    """Yield a list or map with a changed value at each place, an unknown or a missing member, or a repeated value."""
    yield from (True, 2.5, "~ ~", [[[]]], {"unknown": [[]]})
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {other: kept for other, kept in value.items() if other != name}
            yield from ({**value, name: changed} for changed in _changed(inner))
        yield {**value, "unknown": [[]]}
    elif isinstance(value, list):
        yield [*value, *value]
        yield from ([*value[:n], changed] for n, inner in enumerate(value) for changed in _changed(inner))


def test_the_program_and_the_editor_accept_the_same_lists_and_maps() -> None:
    """A type declares both. The program alone compares names and keys."""
    for name, schema in OWN.items():
        example = json.loads(json.dumps(schema["examples"][0]).replace("LoanRegistered", CONTEXT.events[0]))
        for value in _changed(example) if isinstance(example, list | dict) and name != "sftp_host_key" else ():
            settings = {**LEAST, **NEEDED.get(name, {}), name: value}
            accepted, marked = _accepted(settings), bool(_faults(settings))
            assert accepted != marked or (name in ("partners", "subscribers") and not accepted), (name, value)


def test_the_editor_accepts_the_stacks_files_and_marks_a_fault() -> None:
    """Also values that `pulumi config set` wrote, which are texts."""
    documented = documents(current())
    for program, schema in documented.items():
        for file in (current().root / "infra" / program).glob("Pulumi.*.yaml"):
            text = file.read_text()
            assert text.startswith(f"# yaml-language-server: $schema=../../build/settings/{program}.json\n")
            assert [*Draft7Validator(schema).iter_errors(yaml.safe_load(text))] == []
    event = CONTEXT.events[0]
    for wrong in ({"alarms": "loud"}, {"protect": 1}, {"filters": {"a": [event[:-1]]}}, {"thresholds": {"x": 1}}):
        assert _faults({**LEAST, **wrong})
    assert not _faults({**LEAST, "protect": "true", "part_rows": "500", "log_retention_days": "90"})
    assert _faults({name: value for name, value in LEAST.items() if name != "protect"})


def _faults(settings: dict[str, Any]) -> list[str]:
    config = {f"{CONTEXT.name}:{name}": value for name, value in settings.items()}
    return [fault.message for fault in Draft7Validator(DOCUMENT).iter_errors({"config": config})]


def _accepted(settings: dict[str, Any]) -> bool:
    try:
        Settings.from_config(CONTEXT, _texts(settings))
    except SettingError:
        return False
    return True


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: as_text(value) for name, value in values.items()}


DOCUMENT = documents(current())["service"]
