"""A build without a lock ends with a sentence that names the file, the setting and the remedy."""

import os
import re
import subprocess
from pathlib import Path


def test_without_a_lock_uv_names_the_file_the_setting_and_the_remedy(tmp_path: Path) -> None:
    """The sentence is uv's own: no command of the buildspecs repeats it."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "repository"\nversion = "0"\n')
    command = ["uv", "sync", "--quiet"]
    environment = {"PATH": os.environ["PATH"], "UV_LOCKED": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    [line] = [line for line in ran.stderr.splitlines() if line.startswith("error")]
    assert ran.returncode != 0
    assert {"uv.lock", "UV_LOCKED=1", "uv lock"} <= {*re.findall("`(.*?)`", line)}
