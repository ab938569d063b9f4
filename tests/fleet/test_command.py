"""``template fleet`` on repositories as teams have them: as text, as JSON, as a page in a browser."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bounded_context_cli.testing import browser
from bounded_context_cli.views.pages import STYLE
from upkeep.team import Team, copied

from template.cli import main
from template.fleet.output import HEAD
from template.fleet.own_environment import OwnEnvironment
from template.library import VERSION

from .eventcatalog import faults
from .test_portal import dead_links
from .test_releases import form, put

HEARS = """\
  payment:consumes:
    subscription:
      topic: /subscription/prod/topic-arn
      created_by: [SubscriptionStarted, SubscriptionSold]
      deleted_by: [SubscriptionEnded]
"""
QUEUE = """
from pulumi_aws import sqs

sqs.Queue("reminders", tags=stack.labels.tags)
"""
BUILD = "infra/pipeline/requirements.txt"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, baked: Callable[[str], Path]) -> Path:
    """Payment, which hears one event that Subscription does not publish; that, in step; and two that are ill.

    Order has a queue without encryption and a changed build, and Invoice does not import.
    """
    folder = tmp_path_factory.mktemp("fleet")
    payment, _, order, invoice = (
        Team(copied(baked(name), folder)) for name in ("payment", "subscription", "order", "invoice")
    )
    payment.write("infra/service/Pulumi.prod.yaml", payment.read("infra/service/Pulumi.prod.yaml") + HEARS)
    order.write("infra/service/__main__.py", order.read("infra/service/__main__.py") + QUEUE)
    order.write(BUILD, order.read(BUILD) + "# ours\n")
    invoice.write("src/invoice/context.py", "import nowhere\n")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _installed() -> Iterator[None]:
    """Survey with the packages of the tests. `test_hostile_code` and the nightly test of impacts install them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OwnEnvironment, "library", lambda *_: [(["--version"], os.environ)] * 3)
        patch.setattr(OwnEnvironment, "programs", Path(sys.executable).parent)
        yield


@pytest.fixture(scope="module")
def report(fleet: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command prints as JSON, by the context's name, with its exit status and its page."""
    page, figures = tmp_path_factory.mktemp("page") / "fleet.html", tmp_path_factory.mktemp("figures")
    put(figures, "payment-prod.json", form())
    put(figures, "invoice-prod.json", form("invoice", failed=0, failure_share=0))
    put(figures, "cut.json", "{")
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("builtins.print", lambda *said, **_: printed.extend(said))
        status = main(["fleet", str(fleet), "--releases", str(figures), "--json", "--html", str(page)])
    document = json.loads("\n".join(printed))
    return {
        "status": status,
        "page": page,
        **document,
        "contexts": {context["name"]: context for context in document["contexts"]},
    }


@pytest.mark.slow
def test_the_fleet_lists_the_state_and_broken_policies_of_each_context(report: dict[str, Any]) -> None:
    """Owner, version and day of those that are in step; drift and policies of one that is not."""
    contexts = report["contexts"]
    assert sorted(contexts) == ["invoice", "order", "payment", "subscription"]
    good = contexts["subscription"]
    assert (good["version"], good["behind"], good["in_step"], good["errors"]) == (VERSION, 0, True, [])
    assert good["owner"]
    assert good["updated"].count("-") == 2
    order = contexts["order"]
    assert (order["drifted"], order["in_step"]) == ([BUILD], False)
    assert "data-is-encrypted" in order["policies"]
    assert all("reminders" in violation for broken in order["policies"].values() for violation in broken)


def test_an_unreadable_repository_does_not_hide_the_others(report: dict[str, Any]) -> None:
    """Its code does not import; what needs no code is told nonetheless. The status says that something is not known."""
    invoice = report["contexts"]["invoice"]
    assert report["status"] == 2
    assert invoice["version"] == VERSION
    assert "nowhere" in " ".join(invoice["errors"])


def test_the_fleet_lists_consumers_and_unpublished_events(report: dict[str, Any]) -> None:
    """From the declarations of both, and the stack's settings."""
    started = {"SubscriptionStarted": ["prod"], "SubscriptionSold": ["prod"], "SubscriptionEnded": ["prod"]}
    assert report["consumes"] == [{"publisher": "subscription", "consumer": "payment", "labels": started}]
    [finding] = [finding for finding in report["findings"] if finding["kind"] == "unpublished"]
    assert "SubscriptionSold" in finding["sentence"]


@pytest.mark.slow
def test_the_fleet_has_the_figures_of_releases(report: dict[str, Any]) -> None:
    """Each context has a row for production, also a context that cannot be read. A bad file is a finding."""
    measured = {each["context"]: each["failure_share"] for each in report["releases"] if each["stack"] == "prod"}
    assert measured == {"invoice": 0, "order": None, "payment": 0.118, "subscription": None}
    assert len(measured) == len(report["releases"])
    [finding] = [finding["sentence"] for finding in report["findings"] if finding["kind"] == "releases"]
    assert "cut.json: it is no JSON" in finding
    page = report["page"].read_text(encoding="utf-8")
    assert '<h2 id="releases">' in page
    assert "12%, 2 of 17" in page


@pytest.mark.slow
def test_people_read_a_table_and_sentences(fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fleet of one that is in step has the exit status 0; a folder in the list that is no repository has 2."""
    listed = tmp_path / "fleet.txt"
    listed.write_text(f"{fleet}/Subscription\n", encoding="utf-8")
    assert main(["fleet", str(listed)]) == 0
    head, row, summary = capsys.readouterr().out.splitlines()
    assert head.split() == " ".join(HEAD).split()
    assert row.split()[:1] == ["subscription"]
    assert summary.startswith("1 of 1 ")
    listed.write_text(f"{fleet}\n", encoding="utf-8")
    assert main(["fleet", str(listed)]) == 2
    assert str(fleet) in capsys.readouterr().out


@pytest.mark.slow
def test_the_portal_has_a_page_for_each_context(
    fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also for one that cannot be read, with the reason; the exit status tells that. Payment consumes events."""
    portal = tmp_path / "portal"
    put(tmp_path, "figures/payment.json", form())
    put(tmp_path, "figures/other.json", "{}")
    assert main(["fleet", "portal", str(fleet), str(portal), "--releases", str(tmp_path / "figures")]) == 1
    printed = capsys.readouterr().out
    assert "nowhere" in printed
    assert "other.json: it has no context" in printed
    pages = {path.name for path in (portal / "services").iterdir()}
    names = ("invoice", "order", "payment", "subscription")
    assert {f"{name}.html" for name in names} <= pages
    assert "Unknown: " in (portal / "services/invoice.html").read_text(encoding="utf-8")
    payment = (portal / "services/payment.html").read_text(encoding="utf-8")
    for text in ("SubscriptionEnded", "USD", "context docs runbook", "subscription.html", "12%, 2 of 17"):
        assert text in payment
    assert (dead_links(portal), faults(portal / "eventcatalog")) == ([], [])
    before = (portal / "index.html").read_text(encoding="utf-8")
    assert main(["fleet", "portal", str(tmp_path), str(portal)]) == 2
    assert main(["fleet", "portal", str(fleet), str(fleet)]) == 2
    assert (portal / "index.html").read_text(encoding="utf-8") == before


def test_a_folder_that_is_not_a_fleet_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one sentence, with the exit status of what cannot be determined."""
    assert main(["fleet", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


@pytest.mark.e2e
def test_the_page_shows_all_of_it_in_a_browser(report: dict[str, Any], tmp_path: Path) -> None:
    """Each context in the picture and in the table, and every sentence: on a phone, too, and in the dark."""
    seen = browser.look(browser.found_or_skip(), report["page"], tmp_path)
    assert seen.flaws() == []
    page = seen.wide.html
    picture = page[page.index("<svg") : page.index("</svg>")]
    for name in report["contexts"]:
        assert f">{name}<" in picture
        assert f">{name}</th>" in page
    assert "payment consumes subscription" in picture
    for view in seen.shown:
        for finding in report["findings"]:
            assert finding["sentence"] in view.text
        assert "reminders" in view.text


def test_the_page_has_the_style_of_all_pages(report: dict[str, Any]) -> None:
    """It is read from the library's sources: there is one of it."""
    assert STYLE in report["page"].read_text(encoding="utf-8")
