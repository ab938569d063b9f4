"""The branch of a campaign in a repository: found, made, and pushed without a change of the work tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ...record import FILE
from ...upkeep.commands import stage_generated
from ...upkeep.errors import CannotTell
from ...upkeep.git import Git, reason
from ...upkeep.repository import Repository, read_record

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
"""Options for commands in the team's clone: no hooks, and no background process."""


_CLONE = ("--quiet", "--shared", "--no-tags", "--template=")

_SETTINGS = r"^((commit|credential|gpg|http|user)\.|core\.sshcommand$)"
"""The settings of a clone for a commit and for its push."""

_REMOTE = re.compile(r"^remote:(.*)$", re.MULTILINE)
_REJECTED = re.compile(r"^ ! \[.*rejected\].*\((.*)\)$", re.MULTILINE)
"""The lines of git for a refused branch."""


@dataclass(frozen=True)
class Branch:
    """The branch of a version's update in a clone; ``tip`` is an empty string if there is no such branch."""

    folder: Path
    name: str
    remote: str
    """The remote's name; an empty string for a clone without a remote."""
    start: str
    """The remote's default branch; HEAD for a clone without a remote."""
    base: str
    """The commit of ``start``."""
    tip: str
    pushed: str
    """The commit of the remote's branch."""
    top: str
    """The top folder of the clone's work tree."""
    address: str = ""
    """The remote's address; an empty string for a clone without a remote."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The clone's settings of users and credentials, as environment variables for git."""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def git(self) -> Git:
        """Git in the clone, or in the repository of `apart`."""
        return Git(self.folder, self.variables)

    @property
    def _below(self) -> Path:
        """The context's folder in the work tree."""
        return self.folder.resolve().relative_to(self.top)

    def repository(self, commit: str) -> Repository:
        """Return the record of the bake at a commit. Raises NotOurs if it is missing or cannot be read."""
        text = self.git.run("cat-file", "blob", f"{commit}:./{FILE}").stdout.decode(errors="replace")
        return read_record(self.folder, text)

    @contextmanager
    def copy(self, commit: str, work: Path) -> Iterator[Path]:
        """Clone a commit into a temporary folder, and yield the context's folder. It reads the clone's objects."""
        with TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / "copy"
            Git(work)("clone", *_CLONE, "--no-checkout", self.top, str(folder))
            Git(folder)(*_QUIET, "checkout", "--quiet", "--detach", commit)
            yield folder / self._below

    @contextmanager
    def apart(self, work: Path, folder: Path | None = None) -> Iterator[Branch]:
        """Yield the branch with a new repository of git, whose settings and hooks no code of a repository has written.

        It reads the objects of the clone. Its work tree is that of ``folder``, by default that of the clone.
        """
        with TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as scratch:
            Git(work)("clone", *_CLONE, "--bare", self.top, scratch)
            place = (folder or self.folder).resolve()
            top = [place, *place.parents][len(self._below.parts)]
            variables = {**self.settings, "GIT_DIR": scratch, "GIT_WORK_TREE": str(top)}
            yield replace(self, folder=place, variables=variables)

    def commit(self, changes: Changes, copy: Path, message: str, work: Path) -> str:
        """Commit changes and the generated files of a copy, and create the branch. Return the commit.

        Git creates the branch in a single step, after its objects.
        """
        with self.apart(work, copy) as apart:
            apart.git("unpack-objects", "-q", stdin=changes.objects)
            apart.git("read-tree", changes.tree)
            apart.git("update-ref", "--no-deref", "HEAD", self.base)
            stage_generated(apart.git)
            apart.git(*_QUIET, "commit", "--quiet", "--no-verify", "--message", message)
            commit = apart.git("rev-parse", "HEAD")
            self.git(*_QUIET, "unpack-objects", "-q", stdin=_packed(apart.git, commit, self.base))
        self.git(*_QUIET, "update-ref", f"refs/heads/{self.name}", commit, "")
        return commit

    def push(self, tip: str) -> None:
        """Push a commit to the remote's branch, which only moves forward.

        Raises:
            CannotTell: the remote refuses the commit; the message has the sentences of its hook.
        """
        if self.remote and self.pushed != tip:
            options = ("--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
            process = self.git.run(*_QUIET, "push", *options, self.address, f"{tip}:refs/heads/{self.name}")
            if process.returncode:
                refusal = f"{self.folder}: the remote {self.remote} refuses the branch {self.name}: {_refusal(process)}"
                raise CannotTell(f"{refusal}: correct the cause, and run this again.")
            Git(self.folder)(*_QUIET, "update-ref", f"refs/remotes/{self.remote}/{self.name}", tip)


def _refusal(process: CompletedProcess[bytes]) -> str:
    """Return the sentences of the remote's hook, and git's reason in parentheses."""
    output = process.stderr.decode(errors="replace")
    hook = " ".join(sentence for line in _REMOTE.findall(output) if (sentence := line.strip()))
    rejected = _REJECTED.findall(output)
    return " ".join([*([hook] if hook else []), *(f"({why})" for why in rejected)]) or reason(process)


class Changes(NamedTuple):
    """The tree of a copy's index, and its objects as git packs them: no file of the copy matters later."""

    tree: str
    objects: bytes


def changes(copy: Path, base: str) -> Changes:
    """Return the changes of a copy's index since a commit."""
    tree = Git(copy)("write-tree")
    return Changes(tree, _packed(Git(copy), tree, base))


def _packed(git: Git, revision: str, base: str) -> bytes:
    return git.run("pack-objects", "--revs", "--stdout", "-q", stdin=f"{revision}\n^{base}\n".encode()).stdout


def find_branch(folder: Path, version: str) -> Branch:
    """Return the branch of a version's update in a clone, after a fetch of its remote.

    Raises:
        CannotTell: the remote cannot be read or has no default branch, or the branches of clone and remote diverged.
    """
    git = Git(folder)
    top, prefix = git("rev-parse", "--show-toplevel"), git("rev-parse", "--show-prefix").strip("/").replace("/", "-")
    name = f"template-{version}" + (f"-{prefix}" if prefix else "")
    local = git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{name}").stdout.decode().strip()
    remotes = git("remote").splitlines()
    if not remotes:
        return Branch(folder, name, "", "HEAD", git("rev-parse", "HEAD"), local, "", top, settings=_settings(git))
    if len(remotes) > 1 and "origin" not in remotes:
        raise CannotTell(f"{folder} has several remotes: name the team's remote origin (`git remote rename`).")
    remote = "origin" if "origin" in remotes else remotes[0]
    default, base, pushed = _fetch(git, remote, name)
    tip, address = _newer(git, name, local, pushed), git("remote", "get-url", "--push", remote)
    return Branch(folder, name, remote, f"{remote}/{default}", base, tip, pushed, top, address, _settings(git))


def _settings(git: Git) -> dict[str, str]:
    """Return settings of the clone as variables of git: other users can read a command line."""
    output = git.run("config", "--local", "--includes", "-z", "--get-regexp", _SETTINGS).stdout.decode()
    pairs = [record.partition("\n") for record in output.split("\0")[:-1]]
    keys = {f"GIT_CONFIG_KEY_{number}": key for number, (key, _, _) in enumerate(pairs)}
    # A key alone, without a line break, is true.
    values = {f"GIT_CONFIG_VALUE_{number}": value if line else "true" for number, (_, line, value) in enumerate(pairs)}
    return {"GIT_CONFIG_COUNT": str(len(pairs)), **keys, **values}


def _fetch(git: Git, remote: str, name: str) -> tuple[str, str, str]:
    """Fetch the remote's default branch and branch ``name``. Return the default branch, its commit, and the other's."""
    listed = git("ls-remote", "--symref", remote, "HEAD", f"refs/heads/{name}").splitlines()
    commits = {ref: value for value, ref in (line.split("\t") for line in listed if not line.startswith("ref: "))}
    default = next((line.split()[1].removeprefix("refs/heads/") for line in listed if line.startswith("ref: ")), "")
    if not default:
        raise CannotTell(f"The remote {remote} of {git.folder} has no commit on its default branch: push it.")
    pushed = commits.get(f"refs/heads/{name}", "")
    heads = [f"refs/heads/{branch}" for branch in ((default, name) if pushed else (default,))]
    git(*_QUIET, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, *heads)
    return default, commits["HEAD"], pushed


def _newer(git: Git, name: str, local: str, pushed: str) -> str:
    """Return the commit that contains the other. Raises CannotTell if neither does."""
    if not local or not pushed:
        return local or pushed
    for newer, older in ((pushed, local), (local, pushed)):
        if not git.run("merge-base", "--is-ancestor", older, newer).returncode:
            return newer
    raise CannotTell(f"The branches {name} of {git.folder} and of its remote diverged: merge them, or delete one.")
