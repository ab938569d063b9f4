"""Waivers of a repository: for one policy and one resource, with a reason, and only while they are needed."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.policies import POLICIES, BadWaiver, judged, waivers
from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import Program, run
from bounded_context_cli.promises import PROMISES, Repository
from bounded_context_infra.configuration.project import Project, current
from tests.console import context

REASON = "A partner's system without access to our key puts messages into it."
WAIVER = {"policy": "data-is-encrypted", "resource": "reminders", "reason": REASON}


@pytest.fixture(scope="module")
def broken() -> Graph:
    """Production with a queue of the team's own that is not encrypted, and keeps all else."""
    graph = run("prod")
    queue = next(node for node in graph.of("sqs/queue") if "redrivePolicy" in node.inputs)
    plain = {key: value for key, value in queue.inputs.items() if key != "kmsMasterKeyId"} | {"name": "reminders"}
    return replace(graph, nodes=[*graph.nodes, replace(queue, name="reminders", urn=f"{queue.urn}-own", inputs=plain)])


def repository(graph: Graph, *said: dict[str, str]) -> Repository:
    """The default context's repository with these waivers, and with this for its stack."""
    repository = Repository(Project(current().root, {**current().settings, "waivers": list(said)}))
    repository.__dict__["graph"] = graph
    return repository


def breaches(where: Repository) -> list[str]:
    """What the promises that are policies, and the one of waivers, say."""
    names = {policy.name for policy in POLICIES} | {"waivers-are-needed"}
    return [breach for promise in PROMISES if promise.name in names for breach in promise.breaches(where)]


def test_a_waiver_is_for_one_resource(broken: Graph) -> None:
    """Without the waiver the promise is broken, with it kept."""
    [breach] = breaches(repository(broken))
    assert ": sqs/queue reminders " in breach
    assert breaches(repository(broken, WAIVER)) == []


def test_a_waiver_for_another_resource_has_no_effect(broken: Graph) -> None:
    """Both are problems: the violation, and the needless waiver."""
    encrypted, needless = breaches(repository(broken, WAIVER | {"resource": "inbound"}))
    assert ": sqs/queue reminders " in encrypted
    assert re.search(r"\bdata-is-encrypted\b.*\binbound\b.*\bpyproject\.toml\b", needless)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"reason": ""}, r"data-is-encrypted for reminders,.*\breason\b"),
        ({"reason": "Later"}, r"data-is-encrypted for reminders,.*\breason\b"),
        ({"policy": "data-is-encrytped"}, r"'data-is-encrytped',.* data-is-encrypted\."),
        ({"resource": "*"}, r"\bresource\b"),
        ({"until": "2027"}, r"\buntil\b.* policy, resource and reason\."),
    ],
)
def test_an_invalid_waiver_has_no_effect(said: dict[str, str], problem: str, broken: Graph) -> None:
    """The violation remains, and the problem names the file, the waiver and its member."""
    violation, bad = sorted(breaches(repository(broken, WAIVER | said)), reverse=True)
    assert ": sqs/queue reminders " in violation
    assert re.match(rf"Waiver 1 in pyproject\.toml.*{problem}", bad)


@pytest.mark.parametrize("said", [WAIVER, ["data-is-encrypted"], "all"])
def test_waivers_that_are_no_list_are_refused(said: Any) -> None:
    """One pair of brackets too few makes a table."""
    with pytest.raises(BadWaiver, match=r"write \[\[tool\.bounded-context\.waivers\]\] over each\.$"):
        waivers({"waivers": said}, POLICIES)


def test_a_waiver_may_name_a_policy_by_its_earlier_name() -> None:
    """A survey reads repositories of earlier versions."""
    [waiver] = waivers({"waivers": [WAIVER | {"policy": "data-survives"}]}, POLICIES)
    assert waiver.policy == "data-is-protected"


def test_a_policy_lists_its_waivers_with_their_reasons(broken: Graph) -> None:
    """The fleet shows it, with its reason."""
    where = repository(broken, WAIVER)
    violations = judged(POLICIES, lambda policy: policy.violations(broken), where.waivers, "prod")
    [waived] = [violation for violation in violations if violation.waived]
    assert (waived.policy.name, waived.violations) == ("data-is-encrypted", ())
    assert [(violation.resource, waiver.reason) for violation, waiver in waived.waived] == [("reminders", REASON)]


def _told(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository like the default one, with this behind its pyproject.toml."""
    for name in ("infra", "workflow", "src"):
        (tmp_path / name).symlink_to(current().root / name)
    text = (current().root / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text + said, encoding="utf-8")
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(tmp_path))
    return tmp_path


def test_the_command_lists_each_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs, with its reason, what breaks it and what is waived."""
    assert context("policies", "--json") == 0
    policies = json.loads(capsys.readouterr().out)["policies"]
    assert [policy["name"] for policy in policies] == [policy.name for policy in POLICIES]
    assert all(policy["reason"] and policy["violations"] == [] and policy["waived"] == [] for policy in policies)


def test_the_command_shows_a_broken_policy_and_its_violations(
    broken: Graph, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the resource, as text and as JSON."""
    monkeypatch.setattr(Program, "graph", lambda *_: broken)
    assert context("policies") == 1
    said = capsys.readouterr().out
    assert said.startswith(f"prod: {len(POLICIES)} policies, 1 broken\n")
    [policy] = [policy for policy in POLICIES if policy.name == "data-is-encrypted"]
    [violation] = policy.violations(broken)
    assert f"broken  data-is-encrypted\n        {policy.sentence}" in said
    assert f"        - {violation.sentence}\n" in said
    assert context("policies", "--json") == 1
    [broken_policy] = [policy for policy in json.loads(capsys.readouterr().out)["policies"] if policy["violations"]]
    assert (broken_policy["name"], broken_policy["violations"][0]["resource"]) == ("data-is-encrypted", "reminders")


def test_the_command_shows_waivers(
    broken: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A needed waiver passes, a needless waiver fails."""
    said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in WAIVER.items())
    _told(f"\n[[tool.bounded-context.waivers]]\n{said}", tmp_path, monkeypatch)
    assert context("policies") == 1
    assert re.search(r"\breminders\b.*\bpyproject\.toml\b", capsys.readouterr().err)
    monkeypatch.setattr(Program, "graph", lambda *_: broken)
    assert context("policies") == 0
    assert re.search(rf"^ +- reminders .*: {re.escape(REASON)}$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize("stack", ["dev", "staging", "local"])
def test_other_stacks_need_no_protection(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What they keep may go with them, so that nothing has to be waived for it."""
    assert context("policies", stack) == 0
    assert "data-is-protected" not in capsys.readouterr().out


def test_a_program_that_does_not_run_ends_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the program's error: no policy was checked."""
    folder = _told("", tmp_path, monkeypatch)
    (folder / "infra").unlink()
    (folder / "infra" / "service").mkdir(parents=True)
    (folder / "infra" / "service" / "Pulumi.prod.yaml").write_text("config: {}\n")
    (folder / "infra" / "service" / "__main__.py").write_text("raise ValueError('no such queue')\n")
    assert context("policies") == 2
    assert re.search(
        r"^Error: infra/service/__main__\.py:1: ValueError: no such queue: .* prod\.\n$", capsys.readouterr().err
    )
    assert context("policies", "nowhere") == 2
    assert re.search(r"\bnowhere\b.*\bprod\b", capsys.readouterr().err)
