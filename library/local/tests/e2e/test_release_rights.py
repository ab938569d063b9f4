"""What a release may do on the embedded AWS: what its role may, and no more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bounded_context_local.rehearsal.acts import Act, Stage
from bounded_context_local.running.context import RunningContext

pytestmark = pytest.mark.e2e


def test_a_release_has_the_rights_of_its_role_and_no_others(deployed: RunningContext) -> None:
    """Without its policy CodeDeploy's role can call no hook, and no traffic moves."""
    release = Act(
        "powerless", "start", "failed", 1, seen=False, change=lambda source: f"{source}\n# Another version.\n"
    )
    with _without_policy(deployed, "release"):
        performed = Stage(deployed).perform(release)
    assert performed.part["result"] in ("failed", "rolled back")
    assert "not authorized" in performed.part["why"]
    assert {call.version for call in performed.after} == {performed.before}


@contextmanager
def _without_policy(deployed: RunningContext, part: str) -> Iterator[None]:
    role, name = f"{deployed.outputs['release']['application']}-{part}", part
    policy = deployed.aws.call("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
    deployed.aws.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)
    try:
        yield
    finally:
        document = policy if isinstance(policy, str) else json.dumps(policy)
        deployed.aws.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
