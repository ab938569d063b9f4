"""The figures that the pages quote are those that are counted."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import bounded_context_infra as infra
from bounded_context_cli.docs import FOLDER
from bounded_context_cli.views.cost import prices
from bounded_context_cli.views.cost.cli import TITLES, Estimate, estimate, table
from bounded_context_infra.configuration.project import current
from tests.infra.graph import CONTEXT, run

PAGE: Final = FOLDER / "releases.md"
BLOCK: Final = re.compile(r"(?<=```text\n).*?(?=```)", re.DOTALL)
LEAST: Final = 0.05
"""USD of a line that is quoted."""

AGAIN: Final = (
    "what a stack costs has changed: if that is meant, write it down with `WRITE_COSTS=1 uv run pytest -n 0 "
    "library/cli/tests/cost/test_quoted.py`"
)
STATED: Final = re.compile(r"(\d+\.\d\d) USD (an hour|a month)")


def _counted() -> str:
    estimates = {stack: estimate(CONTEXT, run(stack)) for stack in ("dev", "prod", "staging")}
    return "\n".join([table(estimates), *_largest(estimates["dev"])]) + "\n"


def _largest(dev: Estimate) -> Iterator[str]:
    for part, title in TITLES.items():
        yield f"dev: {title}"
        lines = (line for line in dev.lines if line.part == part and line.usd >= LEAST)
        yield from (f"  {line.what:<44}{line.usd:>9.3f}" for line in lines)


def test_the_page_quotes_the_output_of_the_command() -> None:
    """Of the stacks of the default context."""
    before, heading, section = PAGE.read_text(encoding="utf-8").partition("## What it costs\n")
    if os.environ.get("WRITE_COSTS"):
        section = BLOCK.sub(lambda _: _counted(), section, count=1)
        PAGE.write_text(before + heading + section, encoding="utf-8")
    [quoted] = BLOCK.findall(section)
    assert quoted == _counted(), AGAIN


def test_the_readme_names_the_sftp_server_and_the_cost_without_it() -> None:
    readme = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")
    [quoted] = re.findall(r"(\d+) of the (\d+) USD that `prod` costs .*`none`.* costs (\d+) USD", readme)
    whole, without = (estimate(CONTEXT, run("prod", sftp=sftp)).idle_month for sftp in ("dedicated", "none"))
    assert quoted == tuple(f"{usd:.0f}" for usd in (whole - without, whole, without))


def _sources() -> Iterator[Path]:
    yield from FOLDER.glob("*.md")
    yield from Path(str(infra.__file__)).parent.rglob("*.py")
    yield from (current().root / "docs").glob("*.md")
    yield from current().service.glob("*.yaml")


@pytest.mark.parametrize("path", sorted(_sources()), ids=lambda path: path.name)
def test_amounts_in_the_pages_match_the_prices(path: Path) -> None:
    """An hour of an endpoint; a month of a metric, of a route's three, of an alarm, or of a secret."""
    each = {name: price.usd for name, price in prices().by_name.items()}
    metric = each["custom_metric"]
    monthly = {each["composite_alarm"], each["alarm_metric"], each["secret"], metric, round(3 * metric, 2)}
    known = {"an hour": {each["sftp_hour"]}, "a month": monthly}
    for usd, time in STATED.findall(path.read_text(encoding="utf-8")):
        assert float(usd) in known[time], f"{path.name} says {usd} USD {time}"
