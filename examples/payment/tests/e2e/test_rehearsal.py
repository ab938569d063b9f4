"""Releases on the embedded AWS: the real driver, the real hooks, real calls of a real alias."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.context import RunningContext
from local.rehearsal.acts import ACTS, Act
from local.rehearsal.stage import Stage

pytestmark = pytest.mark.e2e


def test_bad_versions_are_caught_and_a_good_one_takes_all_traffic() -> None:
    """The rehearsal as its user starts it: each act goes as it should, and the numbers say so."""
    done = subprocess.run(
        [sys.executable, "-m", "local.rehearsal", "--json"], capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stderr
    acts = {one["act"]: one for one in json.loads(done.stdout)}
    assert list(acts) == [act.name for act in ACTS]
    stuck, failing, working, returning = acts.values()
    assert (stuck["met_the_new_version"], stuck["failed"]) == (0, 0)
    assert failing["met_the_new_version"] == failing["failed"] > 0
    assert failing["live"] == failing["from"]
    assert (working["live"], working["failed"], working["workflow"]) == (working["to"], 0, "succeeded")
    assert returning["live"] == working["from"]


def test_a_release_has_the_rights_of_its_role_and_no_others(context: RunningContext) -> None:
    """Without its policy CodeDeploy's role can call no hook, and no traffic moves."""
    release = Act(
        "powerless", "start", "failed", 1, seen=False, change=lambda source: f"{source}\n# Another version.\n"
    )
    with _without_policy(context, "release"):
        performed = Stage(context).perform(release)
    assert performed.part["result"] in ("failed", "rolled back")
    assert "not authorized to perform" in performed.part["why"]
    assert {call.version for call in performed.after} == {performed.before}


@contextmanager
def _without_policy(context: RunningContext, part: str) -> Iterator[None]:
    role, name = f"{context.outputs['release']['application']}-{part}", part
    policy = context.aws.call("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
    context.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)
    try:
        yield
    finally:
        document = policy if isinstance(policy, str) else json.dumps(policy)
        context.aws.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
