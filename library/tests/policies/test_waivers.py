"""What a repository leaves out of a policy: for one resource, with a reason, and for as long as it is needed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bounded_context.graph import Graph
from bounded_context.policies import POLICIES, BadWaiver, judged, waivers
from bounded_context.project import Project, current
from bounded_context.testing import policies
from bounded_context.testing.graph import run, service
from bounded_context.testing.promises import PROMISES, Repository

REASON = "A partner's system without access to our key puts messages into it."
WAIVER = {"policy": "data-is-encrypted", "resource": "reminders", "reason": REASON}


@pytest.fixture(scope="module")
def broken() -> Graph:
    """Production with a queue of the team's own that is not encrypted, and keeps all else."""
    graph = run("prod")
    queue = next(node for node in graph.of("sqs/queue") if "redrivePolicy" in node.inputs)
    plain = {key: value for key, value in queue.inputs.items() if key != "kmsMasterKeyId"}
    return replace(graph, nodes=[*graph.nodes, replace(queue, name="reminders", urn=f"{queue.urn}-own", inputs=plain)])


def repository(graph: Graph, *said: dict[str, str]) -> Repository:
    """The default context's repository with these waivers, and with this for its stack."""
    one = Repository(Project(current().root, {**current().settings, "waivers": list(said)}))
    one.__dict__["graph"] = graph
    return one


def breaches(where: Repository) -> list[str]:
    """What the promises that are policies, and the one of waivers, say."""
    asked = {policy.name for policy in POLICIES} | {"waivers-are-needed"}
    return [breach for promise in PROMISES if promise.name in asked for breach in promise.breaches(where)]


def test_a_waiver_is_for_one_resource(broken: Graph) -> None:
    """The promise is red without it, and green with it."""
    [breach] = breaches(repository(broken))
    assert breach == "sqs/queue reminders is not encrypted by a key of one's own: name the stack's key."
    assert breaches(repository(broken, WAIVER)) == []


def test_a_waiver_for_another_resource_waives_nothing(broken: Graph) -> None:
    """Both are said: what is broken, and what need not be there."""
    encrypted, needless = breaches(repository(broken, WAIVER | {"resource": "inbound"}))
    assert encrypted.startswith("sqs/queue reminders is not encrypted")
    assert needless == (
        "The waiver of data-is-encrypted for inbound waives nothing any more: remove it from pyproject.toml."
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"reason": ""}, "Waiver 1 in pyproject.toml, of data-is-encrypted for reminders, gives no reason: write one"),
        ({"reason": "Later"}, "gives no reason: write one as a sentence."),
        ({"policy": "data-is-encrytped"}, "is of 'data-is-encrytped', which is not a policy: write data-is-encrypted."),
        ({"resource": "*"}, "names no resource: write the name of one as the program has it."),
        ({"until": "2027"}, "says until: write policy, resource, reason."),
    ],
)
def test_a_waiver_that_says_too_little_is_red(said: dict[str, str], sentence: str, broken: Graph) -> None:
    """In one sentence, beside what it would have waived."""
    found = breaches(repository(broken, WAIVER | said))
    assert len(found) == 2
    assert any(sentence in one for one in found), found


@pytest.mark.parametrize("said", [WAIVER, ["data-is-encrypted"], "all"])
def test_waivers_that_are_no_list_are_refused(said: Any) -> None:
    """One pair of brackets too few makes a table."""
    with pytest.raises(BadWaiver, match=r"write \[\[tool\.bounded-context\.waivers\]\] over each\.$"):
        waivers({"waivers": said}, POLICIES)


def test_a_waiver_is_told_with_the_policy(broken: Graph) -> None:
    """The fleet shows it, with its reason."""
    where = repository(broken, WAIVER)
    found = judged(POLICIES, lambda policy: policy.violations(broken), where.waivers, "prod")
    [waived] = [one for one in found if one.waived]
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


def test_the_command_tells_each_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs, with its reason, what breaks it and what is waived."""
    assert policies.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)["policies"]
    assert [one["name"] for one in told] == [policy.name for policy in POLICIES]
    assert all(one["reason"] and one["violations"] == [] and one["waived"] == [] for one in told)


def test_the_command_shows_what_is_broken_and_why(
    broken: Graph, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the resource, for people and for programs."""
    monkeypatch.setattr(policies, "_graph", lambda _: broken)
    assert policies.main([]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"prod: {len(POLICIES)} policies, 1 broken\n")
    assert "broken  data-is-encrypted\n        What is kept is encrypted with the context's own key" in said
    assert "        - sqs/queue reminders is not encrypted by a key of one's own: name the stack's key.\n" in said
    assert policies.main(["--json"]) == 1
    [one] = [one for one in json.loads(capsys.readouterr().out)["policies"] if one["violations"]]
    assert (one["name"], one["violations"][0]["resource"]) == ("data-is-encrypted", "reminders")


def test_the_command_shows_waivers(
    broken: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is needed keeps the stack green, one that is not is red."""
    said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in WAIVER.items())
    _told(f"\n[[tool.bounded-context.waivers]]\n{said}", tmp_path, monkeypatch)
    assert policies.main([]) == 1
    assert capsys.readouterr().err.endswith("for reminders waives nothing any more: remove it from pyproject.toml.\n")
    monkeypatch.setattr(policies, "_graph", lambda _: broken)
    assert policies.main([]) == 0
    assert f"        - reminders need not: {REASON}\n" in capsys.readouterr().out


@pytest.mark.parametrize("stack", ["dev", "staging", "local"])
def test_other_stacks_are_held_to_what_holds_there(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What they keep may go with them, so that nothing has to be waived for it."""
    assert policies.main([stack]) == 0
    assert "data-survives" not in capsys.readouterr().out


def test_a_program_that_does_not_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the error, and with a status of its own: nothing was judged."""
    folder = _told("", tmp_path, monkeypatch)
    monkeypatch.setattr(policies, "run", lambda stack: service().run(stack))  # not one that was run before
    (folder / "infra").unlink()
    (folder / "infra" / "service").mkdir(parents=True)
    (folder / "infra" / "service" / "Pulumi.prod.yaml").write_text("config: {}\n")
    (folder / "infra" / "service" / "__main__.py").write_text("raise ValueError('no such queue')\n")
    assert policies.main([]) == 2
    assert capsys.readouterr().err == "The program does not run as prod: ValueError: no such queue\n"
    assert policies.main(["nowhere"]) == 2
    assert capsys.readouterr().err == "There is no stack nowhere: write one of prod.\n"
