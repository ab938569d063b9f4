"""The settings of the HTTP API: what they are by default, and the sentence that a bad one gives."""

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.docs.pages import FOLDER
from bounded_context.infra.api_settings import ApiObjectives, ApiSettings, Jwt, Throttle
from bounded_context.infra.config import SettingError

RUNBOOK = FOLDER / "runbook.md"
FORM = "write a map {issuer: https://..., audience: [...]}."


def _jwt(**changed: Any) -> dict[str, str]:
    return {"api_jwt": json.dumps({"issuer": "https://login.example.org", "audience": ["a"], **changed})}


BAD = [
    ({"api_jwt": "yes"}, f"api_jwt is 'yes': {FORM}"),
    ({"api_jwt": "{}"}, f"api_jwt is {{}}: {FORM}"),
    (_jwt(scope="all"), FORM),
    (_jwt(issuer="http://login.example.org"), "api_jwt.issuer is 'http://login.example.org': write the https address"),
    (_jwt(issuer=1), "api_jwt.issuer is 1: write the https address that its tokens name as `iss`."),
    (_jwt(issuer="https://a b"), "api_jwt.issuer is 'https://a b': write the https address"),
    (_jwt(audience=[]), "api_jwt.audience is []: write a list of 1 to 50 audiences."),
    (_jwt(audience="a"), "api_jwt.audience is 'a': write a list of 1 to 50 audiences."),
    (_jwt(audience=[" "]), "api_jwt.audience is [' ']: write a list of 1 to 50 audiences."),
    ({"api_cors_origins": "*"}, "api_cors_origins is '*': write a list of origins."),
    ({"api_cors_origins": '["*"]'}, "api_cors_origins has '*': name each origin, since requests carry"),
    (
        {"api_cors_origins": '["https://*.example.org"]'},
        "write origins such as https://app.example.org, without a path.",
    ),
    ({"api_cors_origins": '["https://example.org/"]'}, "api_cors_origins has 'https://example.org/': write origins"),
    (
        {"api_cors_origins": '["http://example.org"]'},
        "api_cors_origins has 'http://example.org': write origins such as",
    ),
    ({"api_throttle": '{"rate": 0}'}, "api_throttle.rate is 0: write a whole number from 1 to 10000."),
    ({"api_throttle": '{"burst": 5001}'}, "api_throttle.burst is 5001: write a whole number from 1 to 5000."),
    ({"api_throttle": '{"limit": 5}'}, "api_throttle has 'limit': write any of rate, burst."),
    (
        {"api_objectives": '{"answered_percent": 100}'},
        "api_objectives.answered_percent is 100: write a number from 95.0 to 99.999.",
    ),
    ({"api_objectives": '{"latency_ms": 0}'}, "api_objectives.latency_ms is 0: write a whole number from 1 to 30000."),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD, ids=[str(number) for number, _ in enumerate(BAD)])
def test_a_bad_value_gives_one_sentence_that_says_what_to_write(bad: dict[str, str], sentence: str) -> None:
    """The message names the setting, quotes its value and tells the remedy, on one line."""
    with pytest.raises(SettingError) as refused:
        ApiSettings.from_config(bad)
    message = str(refused.value)
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_defaults() -> None:
    """Callers sign, no page may call, and there are limits."""
    assert ApiSettings.from_config({}) == ApiSettings(
        None, (), Throttle(100, 200), ApiObjectives(99.9, 2000), api_route_metrics=True
    )


def test_what_is_said_is_taken() -> None:
    """An issuer on this machine too, for the local run."""
    config = _jwt(issuer="http://127.0.0.1:8080/realm", audience=["a", "b"])
    config |= {"api_cors_origins": '["https://app.example.org:8443"]', "api_throttle": '{"rate": 7}'}
    settings = ApiSettings.from_config(config)
    assert settings.api_jwt == Jwt("http://127.0.0.1:8080/realm", ("a", "b"))
    assert settings.api_cors_origins == ("https://app.example.org:8443",)
    assert settings.api_throttle == Throttle(rate=7)


def test_the_runbook_says_what_each_limit_is_by_default() -> None:
    """A number in the documentation that is not that of the code is worse than none."""
    said = dict(re.findall(r"^\| `api_objectives\.(\w+)` \| ([\d.]+) \|", RUNBOOK.read_text(), re.MULTILINE))
    assert {name: float(value) for name, value in said.items()} == dataclasses.asdict(ApiObjectives())


NAMES = sorted(field.name for field in dataclasses.fields(ApiSettings))


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.just("[1]") | st.just('{"a": null}')))
def test_any_text_is_taken_or_refused_in_words(config: dict[str, str]) -> None:
    """No value of any setting gives another error."""
    try:
        ApiSettings.from_config(config)
    except SettingError as refused:
        assert str(refused).endswith(".")
