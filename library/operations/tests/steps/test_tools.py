"""The Pulumi CLI is installed only if it is what its maker states."""

import hashlib
import io
import json
import platform
import re
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from bounded_context_operations.release import steps
from tests.console import context


def packed(name: str, content: bytes) -> bytes:
    """An archive of one program."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def archive() -> bytes:
    """Pulumi's, with one program that tries to leave its folder."""
    return packed("pulumi/../pulumi", b"#!/bin/sh\necho v1.2.3\n")


def release(archive: bytes, digest: str, name: str) -> steps.Fetch:
    """What the two hosts answer."""
    return lambda url: f"{digest}  {name}\n".encode() if url.endswith("checksums.txt") else archive


def test_a_tool_with_its_published_digest_is_installed(archive: bytes, tmp_path: Path) -> None:
    """Its programs can be run, and lie in the folder."""
    name = _name()
    steps.install("1.2.3", tmp_path, release(archive, hashlib.sha256(archive).hexdigest(), name))
    (program,) = tmp_path.iterdir()
    assert program.stat().st_mode & 0o111


def test_a_tool_with_another_hash_is_not_installed(archive: bytes, tmp_path: Path) -> None:
    """Nothing of it is unpacked."""
    with pytest.raises(steps.ToolError, match=re.escape(_name())):
        steps.install("1.2.3", tmp_path, release(archive, "0" * 64, _name()))
    assert list(tmp_path.iterdir()) == []


def test_a_tool_without_a_published_digest_is_not_installed(archive: bytes, tmp_path: Path) -> None:
    """For instance a version that does not exist."""
    with pytest.raises(steps.ToolError, match="states no SHA-256"):
        steps.install("1.2.3", tmp_path, release(archive, "0" * 64, "another.tar.gz"))


def test_both_are_downloaded_over_https_from_two_hosts(archive: bytes, tmp_path: Path) -> None:
    """A forger would have to hold both."""
    urls: list[str] = []
    served = release(archive, hashlib.sha256(archive).hexdigest(), _name())
    steps.install("1.2.3", tmp_path, lambda url: (urls.append(url), served(url))[1])
    assert all(url.startswith("https://") and "1.2.3" in url for url in urls)
    assert len({url.split("/")[2] for url in urls}) == 2


def test_a_tool_that_is_there_is_not_fetched(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells its version, and installs the AWS plugin in the version of the lock."""
    monkeypatch.setattr(steps, "install", lambda *_: pytest.fail("fetched"))
    assert context("step", "tools", "bin") == 0
    [_, installing] = [json.loads(line) for line in calls.read_text().splitlines()]
    assert installing == ["plugin", "install", "resource", "aws", version("pulumi-aws"), "--exact"]
    monkeypatch.setenv("PATH", "")
    assert steps.installed() is None


@pytest.mark.usefixtures("calls")
def test_a_plugin_that_cannot_be_installed_ends_the_setup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence has the command. A later command would not install it."""
    monkeypatch.setenv("STAND_IN_NO_PLUGIN", "1")
    assert context("step", "tools", "bin") == 1
    assert "`pulumi plugin install resource aws" in capsys.readouterr().err


def _name() -> str:
    return f"pulumi-v1.2.3-linux-{'x64' if platform.machine() == 'x86_64' else 'arm64'}.tar.gz"
