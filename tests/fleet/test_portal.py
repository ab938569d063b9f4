"""The portal of a fleet: its site and its catalogue, from contexts that are written by hand and the default bake."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from axe import findings

from template.fleet.members import Member
from template.fleet.portal.command import files_of
from template.fleet.portal.folder import MANIFEST, write
from template.names import REPOSITORY
from template.upkeep.errors import CannotTell

from .contexts import member, stack
from .eventcatalog import faults, pages

PAYMENT = REPOSITORY / "examples" / "payment"
HOSTILE = "export const a = {1}; </p><script>alert(1)</script> <!-- --- \n---\n# {x} ``` | **b** [[service|x]] ]]>"
COMMANDS = [
    {
        "name": "RegisterPayment",
        "summary": "Create the payment.",
        "route": "POST /payments",
        "after": [],
        "status": "REGISTERED",
        "event": "PaymentRegistered",
    },
    {
        "name": "VerifyPayment",
        "summary": HOSTILE,
        "route": "POST /payments/{payment_id}/verify",
        "after": ["REGISTERED"],
        "status": "VERIFIED",
        "event": "PaymentVerified",
    },
]


def payment(folder: Path = PAYMENT, **facts: object) -> Member:
    """The default context, with its committed documents."""
    events = ("PaymentDeleted", "PaymentListImported", "PaymentListRejected", "PaymentRegistered", "PaymentVerified")
    declared: dict[str, Any] = {
        "title": "Payment",
        "description": "Registers payments.",
        "aggregate": {
            "name": "Payment",
            "summary": "The payment.",
            "identity": "payment_id",
            "statuses": ["REGISTERED", "VERIFIED"],
        },
        "commands": COMMANDS,
        "queries": [{"name": "get_payment", "route": "GET /payments/{payment_id}"}],
        "stacks": {"prod": stack(account="111122223333", subscribers={"bi": ["PaymentVerified"]})},
        "cost": {"idle_month": 240.4806},
        "alarms": {"payment-prod-lost": "A batch is lost. Runbook: uv run context docs runbook a-batch"},
    }
    every: dict[str, Any] = {**declared, **facts}
    return member("payment", *events, folder=str(folder), **every)


CLAIM = member(
    "claim",
    owner="",
    stacks={"prod": stack({"payment": ["PaymentRegistered"], "absent": ["Gone"]})},
    reactions=[{"source": "payment", "event": "PaymentRegistered", "rule": "settle", "leads_to": ["ClaimPaid"]}],
)
BROKEN = member("broken", folder="/nowhere", errors=(f"ImportError: {HOSTILE}",), owner="<b>team</b>")


def files(*fleet: Member) -> dict[str, str]:
    """The files of a portal."""
    return files_of(fleet)


def written(folder: Path, *fleet: Member) -> Path:
    """The portal of a fleet in a folder."""
    write(folder, files(*fleet))
    return folder


class Elements(HTMLParser):
    """The links, the anchors and the elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read an element."""
        self.tags.add(tag)
        values = dict(attrs)
        self.links += [str(values["href"])] if tag == "a" else []
        self.anchors += [str(values["id"])] if "id" in values else []


def dead_links(folder: Path) -> list[str]:
    """Return the links of a site without a file or an anchor, and the anchors that a page has twice."""
    read = {path: Elements(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    dead = [
        f"{path.name} has {name} twice"
        for path, page in read.items()
        for name in {*page.anchors}
        if page.anchors.count(name) > 1
    ]
    for path, page in read.items():
        for link in page.links:
            place, _, anchor = link.partition("#")
            target = (path.parent / place).resolve() if place else path
            is_dead = not target.is_file() or (anchor and anchor not in read[target].anchors)
            dead += [f"{path.name}: {link}"] if is_dead else []
    return dead


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    """Payment, a context that consumes one of its events, and one that cannot be read."""
    return written(tmp_path / "portal", payment(), CLAIM, BROKEN)


def test_no_link_is_dead(portal: Path) -> None:
    """Each context has a page, and its API another one."""
    assert {path.name for path in portal.glob("services/*")} == {
        *("broken.html", "claim.html", "payment.html", "payment.api.html"),
    }
    assert dead_links(portal) == []


@pytest.mark.parametrize(
    ("page", "text", "planted"),
    [
        ("index.html", "services/claim.html", "services/clam.html"),
        ("index.html", "#PaymentVerified-1.0", "#PaymentVerified-2.0"),
        ("services/payment.html", 'id="events"', 'id="commands"'),
    ],
)
def test_a_dead_link_is_detected(portal: Path, page: str, text: str, planted: str) -> None:
    """A page, an anchor, and an anchor that is there twice."""
    before = (portal / page).read_text(encoding="utf-8")
    assert text in before
    (portal / page).write_text(before.replace(text, planted), encoding="utf-8")
    assert dead_links(portal)


def _text(portal: Path, page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", (portal / page).read_text(encoding="utf-8")).split())


def test_a_page_has_the_facts_of_its_context(portal: Path) -> None:
    """Owner, statuses, commands with routes, events with versions, samples and consumers, stacks, cost, runbook."""
    page = _text(portal, "services/payment.html")
    for text in (
        *("payment-team", "Registers payments.", "POST /payments", "VerifyPayment", "PaymentVerified 1.0"),
        *('"amount": "12.50"', "111122223333", "240.48 USD", "uv run context docs runbook a-batch"),
    ):
        assert text in page, text
    assert "REGISTERED RegisterPayment PaymentRegistered VerifyPayment" in page
    claim = _text(portal, "services/claim.html")
    assert "unknown" in claim
    assert "PaymentRegistered payment prod" in claim
    assert "settle ClaimPaid" in claim


def test_an_event_has_its_own_consumers_only(portal: Path) -> None:
    """Each with its stacks; an event without any says so."""
    page = _text(portal, "services/payment.html")
    consumers = dict(re.findall(r"(Payment\w+) 1\.0 .*?Consumers: ([^.]*)\.", page))
    assert consumers == {
        "PaymentDeleted": "none",
        "PaymentListImported": "none",
        "PaymentListRejected": "none",
        "PaymentRegistered": "claim (prod)",
        "PaymentVerified": "bi",
    }


def test_texts_of_repositories_are_no_markup(portal: Path) -> None:
    """On the site, and in the catalogue. A broken repository has a page with the reason."""
    for path in portal.rglob("*.html"):
        assert "script" not in Elements(path.read_text(encoding="utf-8")).tags
    assert "Unknown: ImportError: export const a" in _text(portal, "services/broken.html")
    assert "&lt;b&gt;team" in (portal / "index.html").read_text(encoding="utf-8")
    assert faults(portal / "eventcatalog") == []


@pytest.mark.parametrize("text", [HOSTILE, "../../victim", "/etc/passwd", "a\x00\x1b[2J\ud800", "---", "{}"])
def test_names_and_texts_lead_nowhere(tmp_path: Path, text: str) -> None:
    """Code of a repository may give its owner, its classes, its routes and its stacks any name."""
    command = {**COMMANDS[0], "name": text, "summary": text, "route": None, "event": text, "after": [text]}
    aggregate = {"name": text, "summary": text, "identity": text, "statuses": [text]}
    facts: dict[str, Any] = {"owner": text, "title": text, "description": text, "aggregate": aggregate}
    own = payment(**facts, commands=[command], alarms={text: text}, stacks={text: stack(account=text)})
    other = member(text, text, owner=text, stacks={"prod": stack({text: [text]})}, errors=(text,))
    portal = written(tmp_path / "portal", own, other)
    assert {path.name for path in tmp_path.iterdir()} == {"portal"}
    assert dead_links(portal) == []
    assert faults(portal / "eventcatalog") == []


def test_a_deprecated_event_is_marked_with_its_remaining_consumers(tmp_path: Path) -> None:
    """Neither its other versions nor other events are."""
    fleet = (payment(deprecated={"PaymentRegistered": "2027-03-31"}), CLAIM)
    portal = written(tmp_path / "portal", *fleet)
    assert "PaymentRegistered is deprecated until 2027-03-31, remaining consumers: claim (prod)." in _text(
        portal, "index.html"
    )
    assert _text(portal, "services/payment.html").count("deprecated until") == 1
    marked = [fields["id"] for _, fields, _ in pages(portal / "eventcatalog").values() if "deprecated" in fields]
    assert marked == ["payment.PaymentRegistered"]


def _two_versions(tmp_path: Path) -> Member:
    """A copy with three schemas of an event: 1.0, 1.1 and 2.0."""
    folder = tmp_path / "payment"
    shutil.copytree(PAYMENT, folder, ignore=shutil.ignore_patterns("vendor", ".venv"))
    schema = (folder / "events/PaymentVerified/1.0.json").read_text(encoding="utf-8")
    for version in ("1.1", "2.0"):
        (folder / f"events/PaymentVerified/{version}.json").write_text(schema, encoding="utf-8")
    both = {"PaymentVerified": ["PaymentVerified", "PaymentVerified.2"], "PaymentDeleted": ["PaymentDeleted"]}
    return payment(folder, publishes=both, deprecated={"PaymentVerified": "2027-03-31"})


def test_each_version_of_an_event_has_a_page(tmp_path: Path) -> None:
    """Of a major version, the newest schema is published. The deprecation belongs to the first major version."""
    consumer = member("claim", stacks={"prod": stack({"payment": ["PaymentVerified"]})})
    portal = written(tmp_path / "portal", _two_versions(tmp_path), consumer)
    read = pages(portal / "eventcatalog")
    verified = {fields["version"]: name for name, (_, fields, _) in read.items() if fields["name"] == "PaymentVerified"}
    folder = "events/payment.PaymentVerified"
    assert verified == {
        "2.0.0": f"{folder}/index.mdx",
        "1.1.0": f"{folder}/versioned/1.1.0/index.mdx",
        "1.0.0": f"{folder}/versioned/1.0.0/index.mdx",
    }
    assert [version for version, name in verified.items() if "deprecated" in read[name][1]] == ["1.1.0"]
    sends = {(each["id"], each["version"]) for each in read["services/payment/index.mdx"][1]["sends"]}
    assert {version for name, version in sends if name.endswith("Verified")} == {"2.0.0", "1.1.0"}
    [received] = read["services/claim/index.mdx"][1]["receives"]
    assert (received["id"], received["version"]) == ("payment.PaymentVerified", "1.1.0")
    assert faults(portal / "eventcatalog") == []
    assert dead_links(portal) == []


SERVICE, EVENT = "services/payment/index.mdx", "events/payment.PaymentVerified/index.mdx"
PLANTED: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "an owner without a team": (SERVICE, lambda text: text.replace("- payment-team", "- somebody")),
    "no owner": (SERVICE, lambda text: text.replace("owners:\n- payment-team\n", "")),
    "an event that does not exist": (SERVICE, lambda text: text.replace("payment.PaymentDeleted", "payment.Gone")),
    "a version that does not exist": (SERVICE, lambda text: text.replace("version: 1.0.0", "version: 3.0.0", 1)),
    "a version of two numbers": (EVENT, lambda text: text.replace("version: 1.0.0", "version: '1.0'", 1)),
    "an expression": (EVENT, lambda text: f"{text}\n{{1 + }}\n"),
    "an open element": (EVENT, lambda text: f"{text}\n<p\n"),
    "a module": (EVENT, lambda text: f"{text}\nexport const a\n"),
    "a line in the front matter": (EVENT, lambda text: text.replace("summary:", "summary: a\n---\nb:", 1)),
    "no description": (EVENT, lambda text: text[: text.index("---", 3) + 4]),
    "an unknown channel": (EVENT, lambda text: text.replace("id: payment.events", "id: payment.topic")),
    "a missing schema": (EVENT, lambda text: text.replace("schema.json", "none.json", 1)),
    "an unknown field": (EVENT, lambda text: text.replace("summary:", "sumary: a\nsummary:", 1)),
}


@pytest.mark.parametrize(("page", "change"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_of_the_catalogue_is_detected(portal: Path, page: str, change: Callable[[str], str]) -> None:
    """By the reduced rules of these tests."""
    path = portal / "eventcatalog" / page
    before = path.read_text(encoding="utf-8")
    path.write_text(change(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    assert faults(portal / "eventcatalog")


def test_the_pages_of_a_removed_context_vanish(tmp_path: Path) -> None:
    """And nothing else: the same fleet gives the same bytes."""
    folder = written(tmp_path / "portal", payment(), CLAIM)
    written(folder, payment())
    assert [path for path in folder.rglob("*") if "claim" in path.name] == []
    assert _content(folder) == _content(written(tmp_path / "other", payment()))


def _content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_other_content_is_refused_or_stays(tmp_path: Path) -> None:
    """A folder with other files is refused; files that somebody adds to a portal stay, unless they are in its way."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CannotTell, match="name a new or an empty folder"):
        written(tmp_path, payment())
    with pytest.raises(CannotTell, match="name a new or an empty folder"):
        written(tmp_path / "notes.txt", payment())
    assert _content(tmp_path) == {"notes.txt": "mine"}
    folder = written(tmp_path / "portal", payment())
    (folder / "services/notes.html").write_text("mine", encoding="utf-8")
    (folder / "services/claim.html").write_text("mine", encoding="utf-8")
    before = _content(folder)
    with pytest.raises(CannotTell, match=r"claim\.html is not of the portal"):
        written(folder, payment(), CLAIM)
    assert _content(folder) == before
    (folder / "services/claim.html").unlink()
    written(folder, payment(), CLAIM)
    assert (folder / "services/notes.html").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "manifest", ['["../victim"]', '["/victim"]', '["services/../../victim"]', "{", "[1]", '{"a": 1}']
)
def test_a_planted_list_of_files_deletes_nothing_outside(tmp_path: Path, manifest: str) -> None:
    """Whoever can write into the folder cannot name other files."""
    folder, victim = written(tmp_path / "portal", payment()), tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    with pytest.raises(CannotTell):
        written(folder, payment())
    assert victim.read_text(encoding="utf-8") == "mine"


def test_a_link_to_another_folder_is_not_followed(tmp_path: Path) -> None:
    """Neither for a write nor for a deletion."""
    folder, other = written(tmp_path / "portal", payment()), tmp_path / "other"
    shutil.move(folder / "services", other)
    (folder / "services").symlink_to(other)
    before = _content(other)
    with pytest.raises(CannotTell, match="is no folder of the portal"):
        written(folder, CLAIM)
    assert _content(other) == before


def test_the_next_call_owns_the_files_of_an_interrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is whole. The disk is full in between."""
    folder, write_text, count = written(tmp_path / "portal", CLAIM), Path.write_text, 0

    def full(path: Path, text: str, **options: str) -> int:
        nonlocal count
        count += 1
        if count > 10:
            raise OSError(28, "No space left on device")
        return write_text(path, text, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            written(folder, payment())
    before, after = files(CLAIM), files(payment())
    interrupted = _content(folder)
    assert json.loads(interrupted.pop(MANIFEST)) == sorted(before | after)
    assert all(text in (before.get(name), after.get(name)) for name, text in interrupted.items())
    assert _content(written(folder, payment())) == _content(written(tmp_path / "other", payment()))


@pytest.mark.parametrize(
    "content",
    [
        *("{", "[]", '{"paths": []}', '{"paths": [1]}', '{"paths": {"/x": 1}}', '{"paths": {"/x": {"get": {}}}}'),
        *('{"properties": [1], "required": 5, "description": 7}', '{"sent": [1]}', '{"sent": {"PaymentVerified": 1}}'),
        *('{"channels": [1]}', '{"info": 3}', '{"channels": {"events": 1}}', '{"properties": {"a": {"anyOf": 3}}}'),
    ],
)
def test_documents_in_another_form_leave_a_page_without_them(tmp_path: Path, content: str) -> None:
    """A repository of another version, or of another program."""
    folder = tmp_path / "payment"
    shutil.copytree(PAYMENT, folder, ignore=shutil.ignore_patterns("vendor", ".venv"))
    for name in (
        "docs/api/openapi.json",
        "events/asyncapi.json",
        "events/PaymentVerified/1.0.json",
        "released/0.1.0.json",
    ):
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "catalog-info.yaml").write_text("kind: [", encoding="utf-8")
    portal = written(tmp_path / "portal", payment(folder))
    assert dead_links(portal) == []
    assert faults(portal / "eventcatalog") == []
    assert "payment.api.html" not in [path.name for path in portal.rglob("*.html")]


@pytest.mark.e2e
def test_the_pages_are_accessible(portal: Path, tmp_path: Path) -> None:
    """By axe-core, on a wide screen and on a phone in the dark. The policy of the pages does not permit its script."""
    pages_read = sorted(portal.rglob("*.html"))
    for path in pages_read:
        text = re.sub(r"<meta http-equiv=.*?>", "", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    assert findings(pages_read, tmp_path) == []
    path.write_text(text.replace('<html lang="en">', "<html>"), encoding="utf-8")
    assert [finding.rule for finding in findings(pages_read[-1:], tmp_path)] == ["html-has-lang"] * 2


@pytest.mark.nightly
def test_the_linter_of_eventcatalog_finds_no_error(portal: Path) -> None:
    """The linter itself, from its registry."""
    if not shutil.which("npx"):
        pytest.skip("there is no npx")
    command = ["npx", "--yes", "@eventcatalog/linter@1.1.1", str(portal / "eventcatalog")]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr


def test_samples_are_those_of_the_repository(portal: Path) -> None:
    """They are generated, so no page has the data of a person."""
    samples = json.loads((PAYMENT / "released/0.1.0.json").read_text(encoding="utf-8"))["sent"]
    known = [event["data"] for events in samples.values() for event in events]
    shown = re.findall(
        r'<pre class="sample"[^>]*>(.*?)</pre>', (portal / "services/payment.html").read_text(), re.DOTALL
    )
    assert len(shown) == 5
    assert all(
        json.loads(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) in known for text in shown
    )


def test_the_page_of_an_api_and_of_a_context_have_different_paths() -> None:
    """Also if the context's name ends as the page of another context's API might."""
    pages_of_both = files(payment(), member("payment-api", title="Gateway"))
    linked = [link for link in Elements(pages_of_both["services/payment.html"]).links if "api" in link]
    [operations] = [pages_of_both[f"services/{link}"] for link in linked]
    assert "<h1>Payment: HTTP API" in operations
    assert "<h1>Gateway" in pages_of_both["services/payment-api.html"]
