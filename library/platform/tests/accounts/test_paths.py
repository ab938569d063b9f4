"""An intruder stays in the environment that was entered: no path leads out of it."""

from collections.abc import Iterable

import pytest

from .collisions import collisions
from .documents import is_refused
from .grants import explained, reasons
from .layouts import LAYOUTS
from .paths import SECTIONS, computed, documented, intrusions, reach
from .reach import Finding

USUAL = ("one account", "three accounts, pipeline in tools")
"""The layouts of the default tests: everything in one account, and an account for each environment and for tools."""

EVERY = pytest.mark.parametrize(
    "layout", [pytest.param(name, marks=() if name in USUAL else pytest.mark.slow) for name in LAYOUTS]
)
OUTSIDE = ("dev", "pr", "sandbox")
"""The domains in which an intruder begins."""
LIKE_A_SANDBOX = "sandbox-eu"


def _explained(layout: str, section: str, findings: Iterable[Finding]) -> str:
    """The shortest path, or an example, of each finding."""
    access = reach(layout)
    known = {"escalations": access.findings(), "documents": dict.fromkeys(findings, "")}
    examples = known.get(section, {})
    lines = [f"{finding}\n  {examples[finding]}" for finding in findings if finding in examples]
    paths = [
        f"{finding}\n{path}"
        for finding in findings
        if finding not in examples
        for source in access.sources()
        if source.name == finding.source
        for end, path in access.paths(source).items()
        if (end.verb, end.domain) == (finding.escalation, finding.target)
    ]
    return "\n".join([*lines, *paths])


@EVERY
@pytest.mark.parametrize("section", SECTIONS)
def test_no_role_passes_the_limit_of_its_environment_or_its_task(section: str, layout: str) -> None:
    findings = computed(section, layout)
    assert not findings, _explained(layout, section, findings)


@EVERY
def test_a_runtime_role_reaches_its_own_stack_alone(layout: str) -> None:
    """In one account too."""
    access = reach(layout)
    runtime = {principal.name for principal in access.sources() if principal.runtime}
    assert len(runtime) == 5
    findings = computed("escalations", layout) | computed("documents", layout)
    assert not [finding for finding in findings if finding.source in runtime]
    assert not [name for source in access.sources() if source.runtime for name in access.paths(source)]


@EVERY
def test_a_role_of_previews_in_its_environment_changes_nothing(layout: str) -> None:
    """Not even there: it runs before an approval, and that of pull requests runs unreviewed code."""
    access = reach(layout)
    previews = [source for source in access.sources() if source.preview and not source.name.endswith("step")]
    assert {preview.name for preview in previews} == {"pull request", "dev preview", "staging preview", "prod preview"}
    assert [step for preview in previews for step in access.steps(preview) if step.gain != "read"] == []


OPENED = {
    "token of a pull request": {"pull request"},
    "token of preview stacks": {"preview stacks"},
    "token of the sweep of preview stacks": {"preview stacks"},
    "token of the sweep of sandboxes": {"sandboxes"},
}
"""The roles that each token may open."""


@EVERY
def test_a_token_opens_the_roles_of_its_kind_of_job_alone(layout: str) -> None:
    """Those of a branch, a tag, another environment, repository or organization open none."""
    access = reach(layout)
    tokens = [source for source in access.sources() if source.caller.federated]
    opened = [(token.name, lead.name) for token in tokens for step in access.steps(token) for lead in step.leads]
    assert ("token of a pull request", "pull request") in opened
    assert [(token, role) for token, role in opened if role not in OPENED.get(token, ())] == []


@EVERY
def test_another_owner_reaches_nothing(layout: str) -> None:
    access = reach(layout)
    (owner,) = [source for source in access.sources() if source.name == "foreign account"]
    assert access.steps(owner) == ()


@EVERY
def test_environments_in_their_own_accounts_are_out_of_reach_of_roles_in_dev(layout: str) -> None:
    """Where neither the pipeline nor the state is in the account of dev. The steps of the pipeline are elsewhere."""
    access = reach(layout)
    if layout not in ("one account", "three accounts, pipeline in dev"):
        started = [
            source for source in access.sources() if source.domain in OUTSIDE and not source.name.endswith("step")
        ]
        assert not {"staging", "prod", "pipeline"} & {end.domain for source in started for end in access.paths(source)}


def test_an_environment_named_like_a_temporary_stack_is_refused() -> None:
    """In one account, the roles of sandboxes would cover its resources."""
    assert is_refused(LIKE_A_SANDBOX)


@pytest.mark.slow
def test_a_step_detects_all_changes_of_its_artefact() -> None:
    assert intrusions() == set()


def test_no_permitted_prefix_covers_resources_of_another_context_or_stack() -> None:
    assert collisions() == set()


@pytest.mark.slow
def test_each_reason_explains_a_finding() -> None:
    """The table has no action, principal or target that no document has."""
    findings = {finding for layout in LAYOUTS for finding in documented(reach(layout).world)}
    used = {use for finding in findings for use in explained(finding)}
    assert [use for reason in reasons() for use in reason.members if use not in used] == []
    assert all(reason.reason.strip() for reason in reasons())
