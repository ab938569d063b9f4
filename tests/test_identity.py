"""The public identity of the template: its addresses, its workflows, its forms, and its index for language models."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from bounded_context_cli import docs

from template.library import PLACEHOLDER
from template.names import REPOSITORY

GITHUB = REPOSITORY / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
RECORD = REPOSITORY / ".ci" / "smoke-record"
REPORT: dict[str, Any] = {
    "stack": "sandbox-smoke",
    "result": "failed",
    "steps": [
        {"name": "10 rows", "passed": True, "seconds": 61.234, "message": "on account 111122223333"},
        {"name": "good version", "passed": False, "seconds": 3.0, "message": "arn:aws:lambda:eu-west-1:111122223333"},
    ],
}


def test_the_address_of_the_template_is_in_one_file() -> None:
    """Generated files get it from there. The other file refuses the placeholder."""
    files = subprocess.run(
        ["git", "grep", "-l", PLACEHOLDER], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    own = [name for name in files.stdout.split() if not re.match(r"(library/\w+/)?tests/|CHANGELOG|examples/", name)]
    assert own == ["library/runtime/pyproject.toml", "template/library.py"]


def test_the_index_for_language_models_has_each_page() -> None:
    """By its title (`WRITE_INDEX=1` writes the list), and each link has a target."""
    file, folder = REPOSITORY / "llms.txt", docs.FOLDER.relative_to(REPOSITORY)
    text = file.read_text(encoding="utf-8")
    pages = "".join(f"- [{title}]({folder}/{name}.md)\n" for name, title in docs.pages().items())
    expected = re.sub(r"(?<=\n## How to\n\n).*?(?=\n## )", lambda _: pages, text, flags=re.DOTALL)
    if os.environ.get("WRITE_INDEX"):
        file.write_text(text := expected, encoding="utf-8")
    assert text == expected
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not (REPOSITORY / link).is_file()] == []


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[fp]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_files_of_github_are_valid(schema: str, pattern: str, tmp_path: Path) -> None:
    """By GitHub's own schemas; a planted member is a fault."""
    paths = sorted(GITHUB.glob(pattern))
    assert paths
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    assert subprocess.run([*command, *map(str, paths)], capture_output=True, check=False).returncode == 0
    planted = tmp_path / "planted.yml"
    planted.write_text(f"{paths[0].read_text(encoding='utf-8')}\nplanted: 1\n", encoding="utf-8")
    assert subprocess.run([*command, str(planted)], capture_output=True, check=False).returncode == 1


def test_no_job_has_both_credentials_of_an_account_and_the_right_to_push() -> None:
    """And each action is pinned by its digest."""
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert not {"id-token": "write", "contents": "write"}.items() <= job["permissions"].items()
            uses = [step["uses"] for step in job["steps"] if "uses" in step]
            assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each) for each in uses)


@pytest.mark.e2e
@pytest.mark.parametrize("tool", ["actionlint", "zizmor"])
def test_the_tools_report_no_finding(tool: str, tmp_path: Path) -> None:
    """Neither a fault of form nor a way in for an attacker; a planted one of each is reported."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not on the PATH: see .ci/run")
    shutil.copytree(GITHUB, tmp_path / ".github")
    (tmp_path / ".git").mkdir()
    arguments = {"actionlint": ["-no-color"], "zizmor": ["--offline", "--quiet", "--persona", "pedantic", "."]}[tool]
    result = subprocess.run([tool, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    smoke = tmp_path / ".github" / "workflows" / "smoke-account.yml"
    text = smoke.read_text(encoding="utf-8")
    smoke.write_text(text.replace("vars.SMOKE", "varz.SMOKE").replace("persist-credentials: false", "fetch-depth: 1"))
    assert subprocess.run([tool, *arguments], cwd=tmp_path, capture_output=True, check=False).returncode != 0


def _record(*arguments: str, root: Path = REPOSITORY) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(root / ".ci" / "smoke-record"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script and the version."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(RECORD, tmp_path / ".ci")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_result_of_a_smoke_test_is_recorded_without_its_messages(clone: Path) -> None:
    """A message may name an account. A failed test is recorded, too."""
    report = clone / "report.json"
    report.write_text(json.dumps(REPORT), encoding="utf-8")
    line = _record("read", str(report), root=clone).stdout
    assert "111122223333" not in line
    written = _record("write", line, root=clone)
    assert written.returncode == 0, written.stderr
    record = json.loads((clone / written.stdout.strip()).read_text(encoding="utf-8"))
    assert written.stdout.strip() == f"results/smoke-account/{record['day']}.json"
    assert record["steps"] == [
        {"name": "10 rows", "passed": True, "seconds": 61.2},
        {"name": "good version", "passed": False, "seconds": 3.0},
    ]
    assert record["result"] == "failed"


GOOD: dict[str, Any] = {"day": "2026-12-01", "version": "0.5.0", "result": "passed", "steps": REPORT["steps"]}


@pytest.mark.parametrize(
    "record",
    [
        "",
        "[]",
        "{",
        *(
            json.dumps(GOOD | planted)
            for planted in (
                {"day": "../../x"},
                {"day": "2026-12-01\n"},
                {"version": "1"},
                {"result": "great"},
                {"steps": [{"name": "$(id)", "passed": True, "seconds": 1}]},
                {"steps": [{"name": "create", "passed": "yes", "seconds": 1}]},
                {"steps": [{"name": "create", "passed": True, "seconds": "soon"}]},
                {"steps": 5},
            )
        ),
    ],
)
def test_a_bad_record_is_refused(record: str, clone: Path) -> None:
    """The job that commits does not trust the job with the account's credentials."""
    refused = _record("write", record, root=clone)
    assert (refused.returncode, refused.stderr.startswith("Error: ")) == (1, True)
    assert not (clone / "results").exists()


@pytest.mark.parametrize("report", ["", "{}", '{"steps": []}', '{"steps": [{}], "result": "passed"}'])
def test_a_test_that_did_not_begin_has_no_record(report: str, clone: Path) -> None:
    """The workflow fails, and commits nothing."""
    (clone / "report.json").write_text(report, encoding="utf-8")
    refused = _record("read", str(clone / "report.json"), root=clone)
    assert (refused.returncode, refused.stdout) == (1, "")
