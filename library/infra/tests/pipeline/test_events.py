"""The rules' patterns against events of the form that AWS's user guides show, matched by moto."""

import re
from typing import Any

import pytest
from moto.events.models import EventPattern

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph

from .program import CODECOMMIT


def matches(graph: Graph, rule: str, event: Any) -> bool:
    """Whether an event sets off a rule."""
    return EventPattern(None, graph.one("cloudwatch/eventRule", rule).document("eventPattern")).matches_event(event)


def ended(pipeline: str, state: str) -> Any:
    """An execution of a pipeline came to this state."""
    return {
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{pipeline}"],
        "detail": {"pipeline": pipeline, "execution-id": "0f5a1c2e-1111", "state": state, "version": 4.0},
    }


def pushed(repository: str, kind: str, name: str, event: str = "referenceUpdated") -> Any:
    """A reference of a CodeCommit repository changed."""
    return {
        "detail-type": "CodeCommit Repository State Change",
        "source": "aws.codecommit",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{repository}"],
        "detail": {"event": event, "referenceType": kind, "referenceName": name, "repositoryName": repository},
    }


def test_only_a_failed_execution_of_this_pipeline_is_reported(pipeline: Graph) -> None:
    """A success, a superseded or stopped execution, and another pipeline are not."""
    name = pipeline.outputs["pipeline"]
    assert matches(pipeline, "failed", ended(name, "FAILED"))
    assert not any(matches(pipeline, "failed", ended(name, state)) for state in ("SUCCEEDED", "SUPERSEDED", "STOPPED"))
    assert not matches(pipeline, "failed", ended("another", "FAILED"))


def test_the_message_names_the_pipeline_and_its_execution(pipeline: Graph) -> None:
    """Each placeholder is read from the event."""
    transformer = pipeline.one("cloudwatch/eventTarget", "failed").inputs["inputTransformer"]
    message: str = transformer["inputTemplate"]
    for name, path in transformer["inputPaths"].items():
        value = ended("deliver", "FAILED")
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        message = message.replace(f"<{name}>", value)
    assert "<" not in message
    (link,) = re.findall(r"https://\S+[^\s.\"]", message)
    assert link.startswith(f"https://{REGION}.console.aws.amazon.com/")
    assert "/pipelines/deliver/" in link
    assert {"deliver", "0f5a1c2e-1111"} <= set(re.findall(r"[\w-]+", message.replace(link, "")))


@pytest.mark.parametrize("event", ["referenceCreated", "referenceUpdated"])
def test_a_commit_to_the_branch_starts_the_pipeline(event: str, from_codecommit: Graph) -> None:
    """The first one too."""
    assert matches(from_codecommit, "commits", pushed(CODECOMMIT["repository"], "branch", "main", event))


@pytest.mark.parametrize(
    "event",
    [
        pushed(CODECOMMIT["repository"], "branch", "feature"),
        pushed(CODECOMMIT["repository"], "tag", "main"),
        pushed(CODECOMMIT["repository"], "branch", "main", "referenceDeleted"),
        pushed("another", "branch", "main"),
    ],
)
def test_no_other_event_starts_the_pipeline(event: Any, from_codecommit: Graph) -> None:
    """No other branch, no tag, no deletion, no other repository."""
    assert not matches(from_codecommit, "commits", event)
