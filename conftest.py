"""The rule of the mark `slow`, for all tests of this repository, and its check.

A test that takes more than one second of CPU time has the mark, and does not run by default. CI runs it. CI also fails
if a test without the mark takes `--cpu-limit` seconds: several times the rule, since a processor that is shared is
slower. The time is that of the test's call, its threads and its ended processes. Waiting and fixtures do not count.
"""

import os
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.everywhere"]
"""Of the library's tests: their folders are parts of one package, which has no file of its own."""

_ELSEWHERE = {"slow", "e2e", "nightly"}
"""The marks of tests that do not run by default."""

_CPU = "cpu_seconds"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the limit."""
    parser.addoption("--cpu-limit", type=float, help="fail if a test of the default set takes this many CPU seconds")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Measure each test."""
    before = sum(os.times()[:4])
    try:
        return (yield)
    finally:
        item.user_properties.append((_CPU, sum(os.times()[:4]) - before))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Name the tests above the limit, and fail."""
    limit, reporter = (
        session.config.getoption("--cpu-limit"),
        session.config.pluginmanager.get_plugin("terminalreporter"),
    )
    if limit is None or reporter is None:
        return
    reports = [
        report for name in ("passed", "failed") for report in reporter.stats.get(name, ()) if report.when == "call"
    ]
    for report in reports:
        seconds = dict(report.user_properties).get(_CPU, 0.0)
        if seconds > limit and not _ELSEWHERE & {*report.keywords}:
            reporter.write_line(f"\n{report.nodeid}: {seconds:.1f} CPU seconds: mark it `slow`, or make it faster.")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
