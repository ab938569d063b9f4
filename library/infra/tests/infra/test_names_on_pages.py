"""Names of resources on the platform's pages, held against those that a stack registers."""

import re
from pathlib import Path

import pytest

from bounded_context.declaration.structure import EXPORT_FILES
from bounded_context.domain.spelling import kebab
from bounded_context_cli import docs

from .alarms import prefix_of
from .graph import Graph

NAMED = re.compile(r"<prefix>-([a-z0-9<>.…-]*[a-z0-9>.…])")
ALARM = re.compile(r"`(?!<prefix>|<context>)([a-z<>]+(?:-[a-z]+)+)`")
OPEN = re.compile(r"<[a-z.]*>|\.\.\.|…")
"""Where a page leaves out a part of a name: `<function>`, `<...>` and `...`."""

TABLES = {"table-at-<time>", "table-epoch-1", "table-epoch-1-at-copy"}
"""The second table of a restore, a table of a later epoch, and a copy of a lost stack."""

OTHERS = {
    "archive-<subscriber>",
    "exclude-paths",
    "start-timestamp",
    "end-timestamp",
    "aws-cn",
    "aws-eusc",
    "aws-us-gov",
    "backup-lock",
    "list-not-scanned",
    "sandbox-smoke",
    *TABLES,
    kebab(EXPORT_FILES),
}
"""Words of other languages, members of events, partitions, a resource, a code and a stack that look like an alarm.

And the function of exports, which the recorded context has none of.
"""


def _names(graph: Graph) -> set[str]:
    """The names of all resources without the stack's prefix, of log groups without their folder.

    The name of a bucket's resource is the beginning of the bucket's.
    """
    prefix = f"{prefix_of(graph)}-"
    full_names = {
        str(node.inputs.get(key, "")) for node in graph.nodes for key in ("name", "alarmName", "dashboardName")
    }
    buckets = {f"{node.name}-" for node in graph.of("s3/bucket")}
    names = {name.rpartition("/")[2] for name in full_names} | buckets
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def _wrong(page: str, names: set[str], form: re.Pattern[str]) -> list[str]:
    """The names of a page that no resource has."""
    written = set(form.findall(page)) - OTHERS
    return sorted(name for name in written if not any(map(_pattern(name).fullmatch, names)))


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, OPEN.split(written))))


@pytest.mark.parametrize("page", sorted(docs.FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_each_name_with_the_stacks_prefix_is_a_resources(page: Path, full: Graph) -> None:
    """A command that asks for a name that nothing has shows nothing, and looks like good news."""
    assert _wrong(page.read_text(encoding="utf-8"), _names(full), NAMED) == []


def test_each_alarm_that_is_tried_on_an_account_exists(full: Graph) -> None:
    """An alarm of another name would be waited for in vain."""
    assert _wrong(docs.page("account"), _names(full), ALARM) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`Value=<prefix>-fanout`", ["fanout"]),
        ("`Value=<prefix>-events`", []),
        ("`<prefix>-<function>:live`, `s3://<prefix>-given-up-<...>/`", []),
        ("`<prefix>-relay-events-found`", ["relay-events-found"]),
    ],
)
def test_a_wrong_name_is_detected(text: str, wrong: list[str], full: Graph) -> None:
    """Also beside an open part of another."""
    assert _wrong(text, _names(full), NAMED) == wrong
