"""The settings of the HTTP API: defaults, and the refusal of bad values."""

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context_cli.docs import FOLDER
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.settings import ApiObjectives, ApiSettings, Jwt, Throttle

RUNBOOK = FOLDER / "runbook.md"


def _jwt(**changed: Any) -> dict[str, str]:
    return {"api_jwt": json.dumps({"issuer": "https://login.example.org", "audience": ["a"], **changed})}


BAD = [
    ({"api_jwt": "yes"}, "api_jwt"),
    ({"api_jwt": "{}"}, "api_jwt"),
    (_jwt(scope="all"), "api_jwt"),
    (_jwt(issuer="http://login.example.org"), "api_jwt.issuer"),
    (_jwt(issuer=1), "api_jwt.issuer"),
    (_jwt(issuer="https://a b"), "api_jwt.issuer"),
    (_jwt(audience=[]), "api_jwt.audience"),
    (_jwt(audience="a"), "api_jwt.audience"),
    (_jwt(audience=[" "]), "api_jwt.audience"),
    ({"api_cors_origins": "*"}, "api_cors_origins"),
    ({"api_cors_origins": '["*"]'}, "api_cors_origins"),
    ({"api_cors_origins": '["https://*.example.org"]'}, "api_cors_origins"),
    ({"api_cors_origins": '["https://example.org/"]'}, "api_cors_origins"),
    ({"api_cors_origins": '["http://example.org"]'}, "api_cors_origins"),
    ({"api_throttle": '{"rate": 0}'}, "api_throttle.rate"),
    ({"api_throttle": '{"burst": 5001}'}, "api_throttle.burst"),
    ({"api_throttle": '{"limit": 5}'}, "api_throttle"),
    ({"api_objectives": '{"answered_percent": 100}'}, "api_objectives.answered_percent"),
    ({"api_objectives": '{"latency_ms": 0}'}, "api_objectives.latency_ms"),
]


@pytest.mark.parametrize(("bad", "setting"), BAD)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(bad: dict[str, str], setting: str) -> None:
    """The message is one line that begins with the setting."""
    with pytest.raises(SettingError) as refused:
        ApiSettings.from_config(bad)
    assert refused.value.setting == setting
    assert re.fullmatch(rf"{re.escape(setting)} .+\.", str(refused.value))


def test_defaults() -> None:
    """Callers sign, no page may call, and there are limits."""
    assert ApiSettings.from_config({}) == ApiSettings(
        None, (), Throttle(100, 200), ApiObjectives(99.9, 2000), api_route_metrics=True
    )


def test_settings_of_the_api_are_read() -> None:
    """An issuer on this machine too, for the local run."""
    config = _jwt(issuer="http://127.0.0.1:8080/realm", audience=["a", "b"])
    config |= {"api_cors_origins": '["https://app.example.org:8443"]', "api_throttle": '{"rate": 7}'}
    settings = ApiSettings.from_config(config)
    assert settings.api_jwt == Jwt("http://127.0.0.1:8080/realm", ("a", "b"))
    assert settings.api_cors_origins == ("https://app.example.org:8443",)
    assert settings.api_throttle == Throttle(rate=7)


def test_the_runbook_has_the_default_of_each_limit() -> None:
    """A number in the documentation that is not that of the code is worse than none."""
    said = dict(re.findall(r"^\| `api_objectives\.(\w+)` \| ([\d.]+) \|", RUNBOOK.read_text(), re.MULTILINE))
    assert {name: float(value) for name, value in said.items()} == dataclasses.asdict(ApiObjectives())


NAMES = sorted(field.name for field in dataclasses.fields(ApiSettings))


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.just("[1]") | st.just('{"a": null}')))
def test_any_text_is_accepted_or_refused_as_a_setting(config: dict[str, str]) -> None:
    """No value of any setting gives another error."""
    try:
        ApiSettings.from_config(config)
    except SettingError as refused:
        assert str(refused).endswith(".")
