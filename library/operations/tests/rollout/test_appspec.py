"""What CodeDeploy is told, byte for byte."""

import hashlib
from pathlib import Path

from bounded_context_operations.release.rollout.releases import Function, appspec, revision

GOLDEN = Path(__file__).parent / "golden" / "appspec.json"
HOOKS = {"pre_traffic": "app-test-pre-traffic", "post_traffic": "app-test-post-traffic"}


def test_the_appspec_equals_the_golden_one():
    """A change of it is a change of what runs, and is looked at."""
    function = Function("do_something", "app-test-do-something", "live", "app-test-do-something")
    assert appspec(function, "6", "7", HOOKS).encode() == GOLDEN.read_bytes()


def test_the_hash_is_that_of_the_text():
    """CodeDeploy compares it."""
    content = revision("text").get("appSpecContent", {})
    assert content == {"content": "text", "sha256": hashlib.sha256(b"text").hexdigest()}
