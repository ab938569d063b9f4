"""Calls of `just` and of the library's modules, in each kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.yml", "- run: uv run just check --changed\n", "- run: uv run context check --changed\n"),
        ("a.yml", "name: just check\n", "name: context check\n"),
        ("a.yml", "# as `just bootstrap` prints it\n", "# as `context bootstrap` prints it\n"),
        ("a.yml", "      - just package && just deploy dev\n", "      - context package && context deploy dev\n"),
        ("a.yml", "- uv run --frozen just audit\n", "- uv run --frozen context audit\n"),
        ("a.yml", "- uv run --group dev just pipeline\n", "- uv run --group dev context pipeline deploy\n"),
        ("a.sh", "uv run just contracts openapi\n", "uv run context contracts && uv run context openapi\n"),
        ("a.sh", "just lint types test -x\n", "context lint && context types && context test -x\n"),
        ("a.sh", "uv run just docs contracts\n", "uv run context docs contracts\n"),
        ("a.sh", "uv run just pipeline-preview\n", "uv run context pipeline preview\n"),
        ("a.sh", ".venv/bin/python -m bounded_context.rollout start $1\n", ".venv/bin/context rollout start $1\n"),
        ("a.sh", "python3 -m bounded_context.contracts.openapi\n", "context openapi\n"),
        (
            "Dockerfile",
            "RUN uv run python -m bounded_context.pipeline.tools /bin\n",
            "RUN uv run context step tools /bin\n",
        ),
        ("a.toml", 'run = "python -m bounded_context.pull_requests.stack up"\n', 'run = "context pull-request up"\n'),
        ("a.json", '{"test": "just test -k x"}\n', '{"test": "context test -k x"}\n'),
        (
            "launch.json",
            '{"module": "bounded_context.local.live", "args": ["debug"]}\n',
            '{"program": "${workspaceFolder}/.venv/bin/context", "args": ["debug"]}\n',
        ),
        (
            "launch.json",
            '{"module": "bounded_context.rollout", "args": ["start"]}\n',
            '{"program": "${workspaceFolder}/.venv/bin/context", "args": ["rollout", "start"]}\n',
        ),
        (
            "a.md",
            "`just run` and `uv run just\nsandbox up NAME`.\n",
            "`context run` and `uv run context\nsandbox up NAME`.\n",
        ),
        ("a.md", "```sh\njust run\n```\n", "```sh\ncontext run\n```\n"),
        (
            "a.py",
            '"""See `just docs`."""\nX = "uv run just check"\n',
            '"""See `context docs`."""\nX = "uv run context check"\n',
        ),
        ("a.py", 'run(["uv", "run", "just", "check", "-x"])\n', 'run(["uv", "run", "context", "check", "-x"])\n'),
        ("a.py", 'run(["just", "pipeline"])\n', 'run(["context", "pipeline", "deploy"])\n'),
        ("a.py", 'run(("python", "-m", "bounded_context.cost", "dev"))\n', 'run(("context", "cost", "dev"))\n'),
        (
            "a.py",
            'run([sys.executable, "-m", "bounded_context.redrive", stack])\n',
            'run([sys.executable, "-m", "bounded_context.tools.command", "redrive", stack])\n',
        ),
        ("a.yml", "- uv run just seed dev\n", "- uvx --from rust-just==1.59.0 just seed dev\n"),
        ("a.yml", "- run: just check\r\n", "- run: context check\r\n"),
    ],
)
def test_a_call_becomes_a_call_of_the_console_script(tmp_path: Path, name: str, before: str, after: str) -> None:
    """With its arguments, at the same place."""
    assert applied("calls", tmp_path, {name: before}) == ({name: after}, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "They just\ncheck it, and just run it (just test it): just docs.\n"),
        ("a.py", '"""It does\njust check this."""\n\nX = ["just", "because"]\n'),
        ("a.yml", "# we just check\n- adjust check\n- run: justify run\n"),
        ("CHANGELOG.md", "- `just check` is new.\n"),
        ("vendor/a.yml", "- run: just check\n"),
        ("uv.lock", '"just check"\n'),
    ],
)
def test_other_words_stay(tmp_path: Path, name: str, content: str) -> None:
    """Sentences, the history, and files that an update replaces."""
    assert applied("calls", tmp_path, {name: content}) == ({name: content}, [])


def test_binary_files_and_links_stay(tmp_path: Path) -> None:
    """Their bytes are no text of the team."""
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"\0 uv run just check")
    (folder / "latin.txt").write_bytes(b"\xff uv run just check")
    (tmp_path / "other.sh").write_text("just check\n")
    (folder / "link.sh").symlink_to(tmp_path / "other.sh")
    from template.upkeep.migrations.v0_4_0 import calls

    assert list(calls.apply(folder, folder)) == []
    assert (folder / "a.bin").read_bytes() == b"\0 uv run just check"
    assert (folder / "latin.txt").read_bytes() == b"\xff uv run just check"
    assert (tmp_path / "other.sh").read_text() == "just check\n"


def test_a_module_without_a_successor_is_left_to_the_team(tmp_path: Path) -> None:
    """The note has the file and the line."""
    files, [note] = applied("calls", tmp_path, {"a.sh": "set -e\npython -m bounded_context.local.clock\n"})
    assert "bounded_context.local.clock" in files["a.sh"]
    assert note.startswith("a.sh:2: ")
