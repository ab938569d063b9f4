"""The library's pin in the spellings that PEP 508 and uv permit."""

from __future__ import annotations

import pytest

from template.upkeep.pins import Pins, pinned

PINS = Pins("1.0.0", "2.0.0")


@pytest.mark.parametrize(
    "requirement",
    [
        "bounded-context==1.0.0",
        "Bounded_Context[runtime]==1.0.0",
        "bounded.context [runtime, infra] == 1.0.0",
        "bounded-context[runtime]===1.0.0 ; python_version >= '3.12'",
        "bounded-context[runtime] (==1.0.0)",
        "bounded-context==1.0.0,!=1.0.1",
    ],
)
def test_each_spelling_of_the_pin_is_recognised(requirement: str) -> None:
    """The check reads its version, and an update changes it."""
    assert pinned(requirement) == "1.0.0"
    line = f'dependencies = ["{requirement}"]\r\n'.encode()
    assert PINS.moved(line) == line.replace(b"1.0.0", b"2.0.0")


@pytest.mark.parametrize(
    "requirement", ["bounded-context>=1.0.0", "unbounded-context==1.0.0", "bounded-contexts==1.0.0", "httpx==1.0.0"]
)
def test_other_requirements_are_no_pins(requirement: str) -> None:
    """An update leaves them as they are."""
    assert pinned(requirement) is None
    assert PINS.moved(f'"{requirement}"'.encode()) == f'"{requirement}"'.encode()


@pytest.mark.parametrize(
    "source",
    [
        'bounded-context = { git = "https://example.com/x", tag = "v1.0.0", subdirectory = "library" }',
        "Bounded_Context = { tag = 'v1.0.0' }",
        '[tool.uv.sources."bounded-context"]\ngit = "https://example.com/x"\ntag = "v1.0.0"\n',
        'bounded-context = { path = "vendor/bounded_context-1.0.0-py3-none-any.whl" }',
    ],
)
def test_each_spelling_of_the_source_is_changed(source: str) -> None:
    """The tag of another source remains."""
    other = '\n[tool.uv.sources.other]\ntag = "v1.0.0"\n'
    assert PINS.moved((source + other).encode()) == (source.replace("1.0.0", "2.0.0") + other).encode()
