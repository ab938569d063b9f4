"""Other versions of a deployed function."""

import zipfile
from pathlib import Path
from typing import cast

import pytest

from bounded_context_local.rehearsal import acts

from .conftest import RecordingAws


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr("code/one.py", "ONE = 1\n")
        entries.writestr("code/two.py", "TWO = 2\n")
    return archive


def test_a_version_differs_in_one_file(deployed: Path, tmp_path: Path) -> None:
    """The archive that was deployed stays as it is."""
    changed = tmp_path / "changed.zip"
    changed.write_bytes(acts.with_file(deployed, "code/two.py", "TWO = 3\n"))
    assert acts.source_of(changed, "code/two.py") == "TWO = 3\n"
    assert acts.source_of(changed, "code/one.py") == "ONE = 1\n"
    assert acts.source_of(deployed, "code/two.py") == "TWO = 2\n"


def test_a_file_that_is_not_there_is_no_version(deployed: Path) -> None:
    with pytest.raises(KeyError, match=r"three\.py"):
        acts.with_file(deployed, "code/three.py", "")


def test_the_alarms_on_the_newest_version_of_a_function_follow_it_and_no_others(aws_of_nothing: RecordingAws) -> None:
    """As a deployment does it: a release is stopped by the errors of the version that it brings."""
    newest = {"FunctionName": "one", "Resource": "one:live", "ExecutedVersion": "7"}
    of_the_version = {
        "name": "one-new-version-errors",
        "namespace": "AWS/Lambda",
        "metricName": "Errors",
        "period": 60.0,
    }
    kind = "aws:cloudwatch/metricAlarm:MetricAlarm"
    inputs = {
        f"{kind} one": {**of_the_version, "dimensions": newest},
        f"{kind} other": {**of_the_version, "dimensions": {**newest, "FunctionName": "other"}},
        f"{kind} alias": {**of_the_version, "dimensions": {"FunctionName": "one", "Resource": "one:live"}},
        f"{kind} all": {"name": "all", "metricQueries": []},
    }
    acts.watch(aws_of_nothing, inputs, "one", "8")
    [sent] = [arguments for operation, arguments in aws_of_nothing.calls if operation == "cloudwatch:put_metric_alarm"]
    assert {"Name": "ExecutedVersion", "Value": "8"} in cast("list[object]", sent["Dimensions"])
    assert newest["ExecutedVersion"] == "7"
