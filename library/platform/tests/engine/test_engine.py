"""What Pulumi's own engine does with the program: plans, versions and aliases."""

import json
import re
from pathlib import Path

import pytest

from bounded_context_cli.programs.recording import run
from bounded_context_infra.configuration.access import locks
from bounded_context_operations.release import plan
from tests.infra.contexts import DEFAULT as CONTEXT

from .conftest import STACK, Engine

pytestmark = pytest.mark.e2e


_FOLLOWS_CODE = {"aws:lambda/function:Function", "aws:cloudwatch/metricAlarm:MetricAlarm"}
"""The types of what new code changes: the functions, and the alarms on their newest versions."""


def _changed(preview: str) -> set[str]:
    """The types of what a preview changes."""
    steps = json.loads(preview)["steps"]
    return {step["urn"].split("::")[2].rpartition("$")[2] for step in steps if step["op"] not in ("same", "refresh")}


def test_a_first_deployment_runs_by_its_plan(engine: Engine) -> None:
    """What was previewed when nothing was known yet is what was deployed."""
    assert json.loads(engine.do("stack", "output", "--json")).keys() == run(STACK).outputs.keys() - {"sftp"}


_PLAIN_QUEUE = """
import pulumi_aws
pulumi_aws.sqs.Queue("reminders", name="reminders", tags=stack.labels.tags)
"""


def test_a_queue_that_breaks_policies_is_refused_by_their_names(engine: Engine) -> None:
    """The program as it is keeps all of them: it was deployed with the same pack."""
    program = engine.folder / "infra" / "service" / "__main__.py"
    text = program.read_text(encoding="utf-8")
    program.write_text(text + _PLAIN_QUEUE, encoding="utf-8")
    refused = engine.run("preview", "--policy-pack", str(engine.pack))
    program.write_text(text, encoding="utf-8")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    broken = re.findall(r"\[mandatory\] +(\S+) +\(aws:sqs:Queue: reminders\)", refused.stdout)
    assert broken == ["data-is-encrypted", "queues-have-dead-letters", "transport-is-encrypted"]
    assert refused.stdout.count("[mandatory]") == len(broken)
    assert "sqs/queue reminders is not encrypted with the context's own key: name the stack's key." in refused.stdout


def test_the_same_program_changes_nothing(engine: Engine) -> None:
    """Every input is the same in each run."""
    engine.do("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_new_code_publishes_versions_and_moves_no_traffic(engine: Engine) -> None:
    """A deployment updates the functions; their aliases are the rollout's."""
    before, aliases = engine.state("lambda/function"), engine.state("lambda/alias")
    engine.new_code("the second")
    assert _changed(engine.do("preview", "--json")) == _FOLLOWS_CODE
    engine.do("up", "--yes", "--skip-preview")
    after = engine.state("lambda/function")
    assert all(int(after[name]["version"]) == int(before[name]["version"]) + 1 for name in before)
    assert engine.state("lambda/alias") == aliases


@pytest.mark.nightly
def test_traffic_that_a_rollout_shifted_stays(engine: Engine) -> None:
    """Not even a refresh in the middle of a rollout makes Pulumi want its own versions and weights back."""
    name, *_ = engine.state("lambda/alias")
    machine = engine.state("sfn/alias").popitem()[0]
    halfway = {"functionVersion": "8", "routingConfig": {"additionalVersionWeights": {"9": 0.1}}}
    engine.move({name: halfway, machine: {"routingConfigurations": []}})
    engine.new_code("the third")
    assert _changed(engine.do("preview", "--refresh", "--json")) == _FOLLOWS_CODE
    engine.do("up", "--yes", "--skip-preview", "--refresh")
    now = engine.state("lambda/alias")[name]
    assert {key: now.get(key) for key in halfway} == halfway


def test_a_plan_that_no_longer_fits_is_refused_before_anything_changes(engine: Engine, tmp_path: Path) -> None:
    """Code that changed after the preview is not deployed by its plan."""
    plan = str(tmp_path / "plan.json")
    engine.new_code("the fourth")
    engine.do("preview", "--save-plan", plan)
    before = engine.state("lambda/function")
    engine.new_code("the fifth")
    refused = engine.run("up", "--yes", "--plan", plan)
    assert refused.returncode == 1
    assert "violates plan: properties changed" in refused.stdout
    assert engine.state("lambda/function") == before


@pytest.mark.nightly
def test_an_error_about_a_plan_quotes_no_secret(engine: Engine, tmp_path: Path) -> None:
    """Neither the planned value nor the present value, although both are in the error's list of changes."""
    plan = str(tmp_path / "plan.json")
    engine.do("config", "set", "--secret", "aws:secretKey", "planned-value")
    engine.do("preview", "--save-plan", plan)
    engine.do("config", "set", "--secret", "aws:secretKey", "present-value")
    refused = engine.run("up", "--yes", "--plan", plan)
    engine.do("config", "rm", "aws:secretKey")
    printed = refused.stdout + refused.stderr
    assert (refused.returncode, "violates plan" in printed) == (1, True)
    assert "secretKey" in printed
    assert not re.search("planned-value|present-value", printed)


@pytest.mark.nightly
def test_a_lock_of_a_dead_deployment_is_recognised(engine: Engine) -> None:
    """By its place, since a preview does not mind it, and by the engine's words; `pulumi cancel` takes it away."""
    place = engine.folder / locks(CONTEXT.name, STACK)
    place.mkdir(parents=True, exist_ok=True)
    lock = {"pid": 1, "username": "root", "hostname": "build", "timestamp": "2026-01-01T00:00:00Z"}
    (place / "dead.json").write_text(json.dumps(lock))
    engine.do("preview")
    refused = engine.run("up", "--yes", "--skip-preview")
    assert refused.returncode != 0
    assert plan.LOCKED.search(refused.stdout + refused.stderr)
    engine.do("cancel", "--yes")
    assert not list(place.glob("*.json"))


@pytest.mark.nightly
def test_a_plan_requires_the_same_settings_of_the_provider(engine: Engine, tmp_path: Path) -> None:
    """A role in the stack's settings would be one for preview and deployment; a profile's name is the same for both.

    With a profile the first deployment ran by its plan.
    """
    plan = str(tmp_path / "plan.json")
    role = "arn:aws:iam::111122223333:role/"
    engine.do("config", "set", "--path", "aws:assumeRoles[0].roleArn", f"{role}preview")
    engine.do("preview", "--save-plan", plan)
    engine.do("config", "set", "--path", "aws:assumeRoles[0].roleArn", f"{role}deploy")
    refused = engine.run("up", "--yes", "--plan", plan)
    assert (refused.returncode, "violates plan" in refused.stdout) == (1, True)
    engine.do("config", "rm", "aws:assumeRoles")
    assert engine.provider()["profile"] == "environment"
