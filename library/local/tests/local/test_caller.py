"""Callers of an alias with weights, and what they leave behind."""

import io
import itertools
import json
from collections import Counter
from typing import Any

import pytest

from bounded_context_local.actors.caller import Caller

from .conftest import RecordingAws

ALIAS_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:name:live"


class WeightedAlias(RecordingAws):
    """A function whose alias gives version 2 a share, and whose version 2 fails."""

    share: float = 0.1

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        super().call(service, operation, **parameters)
        match operation:
            case "get_alias":
                routing = {"RoutingConfig": {"AdditionalVersionWeights": {"2": self.share}}} if self.share else {}
                return {"FunctionVersion": "1"} | routing
            case "invoke":
                failed = {"FunctionError": "Unhandled"} if parameters["Qualifier"] == "2" else {}
                return {"Payload": io.BytesIO(json.dumps(parameters["Qualifier"]).encode())} | failed
        return {}

    def data(self) -> list[dict[str, Any]]:
        """What was put into AWS/Lambda, under its name on AWS."""
        put: list[Any] = [parameters["MetricData"] for name, parameters in self.calls if name.endswith("metric_data")]
        return [datum for datum in itertools.chain.from_iterable(put) if "Dimensions" in datum]


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.1, 60, 140), (0.5, 440, 560)])
def test_callers_are_shared_out_by_weight(share: float, least: int, most: int) -> None:
    aws = WeightedAlias()
    aws.share = share
    caller = Caller(aws, ALIAS_ARN, seed=7)
    versions = Counter(caller.call({}).version for _ in range(1000))
    assert least <= versions["2"] <= most
    assert versions.total() == 1000


def test_the_same_seed_has_the_same_turns() -> None:
    turns = [[Caller(WeightedAlias(), ALIAS_ARN, seed).call({}).version for _ in range(5)] for seed in (1, 1)]
    assert turns[0] == turns[1]


def test_a_failure_counts_for_the_alias_and_for_the_version_that_was_run() -> None:
    """The dimensions are those of Lambda for an alias with weights."""
    aws = WeightedAlias()
    aws.share = 1.0
    outcome = Caller(aws, ALIAS_ARN).call({})
    assert (outcome.version, outcome.failed) == ("2", True)
    errors = [datum for datum in aws.data() if datum["MetricName"] == "Errors"]
    resource = [{"Name": "FunctionName", "Value": "name"}, {"Name": "Resource", "Value": "name:live"}]
    executed = [*resource, {"Name": "ExecutedVersion", "Value": "2"}]
    assert [(datum["Dimensions"], datum["Value"]) for datum in errors] == [(resource, 1), (executed, 1)]


def test_calls_continue_until_the_end_of_the_block() -> None:
    with Caller(WeightedAlias(), ALIAS_ARN).calling({}, pause_seconds=0.001) as calls:
        while len(calls) < 3:
            pass
    count = len(calls)
    assert count >= 3
    assert len(calls) == count


def test_a_failed_call_raises_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(WeightedAlias(), ALIAS_ARN)
    monkeypatch.setattr(caller, "call", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError), caller.calling({}, pause_seconds=0):
        pass
