"""The branch of a campaign in a repository: found, made, and pushed without a change of the work tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from ...record import FILE
from ...upkeep.errors import CannotTell
from ...upkeep.git import Git, reason
from ...upkeep.repository import Repository, read_record

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
"""Options for commands in the team's clone: no hooks, and no background process."""


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

    @property
    def git(self) -> Git:
        """Git in the clone."""
        return Git(self.folder)

    def repository(self, commit: str) -> Repository:
        """Return the record of the bake at a commit. Raises NotOurs if it is missing or cannot be read."""
        return read_record(self.folder, self.git.run("show", f"{commit}:./{FILE}").stdout.decode(errors="replace"))

    @contextmanager
    def copy(self, commit: str, work: Path) -> Iterator[Path]:
        """Clone a commit into a temporary folder, and yield the context's folder. It reads the clone's objects."""
        top, prefix = self.git("rev-parse", "--show-toplevel"), self.git("rev-parse", "--show-prefix")
        options = ("--quiet", "--shared", "--no-checkout", "--no-tags", "--template=")
        with TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / "copy"
            Git(work)("clone", *options, top, str(folder))
            Git(folder)(*_QUIET, "checkout", "--quiet", "--detach", commit)
            yield folder / prefix

    def commit(self, copy: Path, message: str) -> str:
        """Commit a copy's index in the name of the clone's user, and create the branch. Return the commit.

        Git creates the branch in one step, after its objects.
        """
        known = {name: self.git.run("config", name).stdout.decode().strip() for name in ("user.name", "user.email")}
        user = [word for name, value in known.items() if value for word in ("-c", f"{name}={value}")]
        Git(copy)(*_QUIET, *user, "commit", "--quiet", "--no-verify", "--message", message)
        top = Git(copy)("rev-parse", "--show-toplevel")
        self.git(*_QUIET, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", top, f"HEAD:refs/heads/{self.name}")
        return Git(copy)("rev-parse", "HEAD")

    def push(self, tip: str) -> None:
        """Push a commit to the remote's branch, which only moves forward.

        Raises:
            CannotTell: the remote refuses the commit; the message has the sentences of its hook.
        """
        if self.remote and self.pushed != tip:
            options = ("--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
            done = self.git.run(*_QUIET, "push", *options, self.remote, f"{tip}:refs/heads/{self.name}")
            if done.returncode:
                refusal = f"{self.folder}: the remote {self.remote} refuses the branch {self.name}: {_refusal(done)}"
                raise CannotTell(f"{refusal}: correct the cause, and run this again.")


def _refusal(done: CompletedProcess[bytes]) -> str:
    """Return the sentences of the remote's hook, and git's reason in parentheses."""
    output = done.stderr.decode(errors="replace")
    hook = " ".join(found for line in _REMOTE.findall(output) if (found := line.strip()))
    rejected = _REJECTED.findall(output)
    return " ".join([*([hook] if hook else []), *(f"({why})" for why in rejected)]) or reason(done)


def find_branch(folder: Path, version: str) -> Branch:
    """Return the branch of a version's update in a clone, after a fetch of its remote.

    Raises:
        CannotTell: the remote cannot be read or has no default branch, or the branches of clone and remote diverged.
    """
    git = Git(folder)
    prefix = git("rev-parse", "--show-prefix").strip("/").replace("/", "-")
    name = f"template-{version}" + (f"-{prefix}" if prefix else "")
    local = git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{name}").stdout.decode().strip()
    remotes = git("remote").splitlines()
    if not remotes:
        return Branch(folder, name, "", "HEAD", git("rev-parse", "HEAD"), local, "")
    if len(remotes) > 1 and "origin" not in remotes:
        raise CannotTell(f"{folder} has several remotes: name the team's remote origin (`git remote rename`).")
    remote = "origin" if "origin" in remotes else remotes[0]
    default, base, pushed = _fetched(git, remote, name)
    return Branch(folder, name, remote, f"{remote}/{default}", base, _newer(git, name, local, pushed), pushed)


def _fetched(git: Git, remote: str, name: str) -> tuple[str, str, str]:
    """Fetch the remote's default branch and branch ``name``. Return the default branch, its commit, and the other's."""
    listed = git("ls-remote", "--symref", remote, "HEAD", f"refs/heads/{name}").splitlines()
    found = {ref: value for value, ref in (line.split("\t") for line in listed if not line.startswith("ref: "))}
    default = next((line.split()[1].removeprefix("refs/heads/") for line in listed if line.startswith("ref: ")), "")
    if not default:
        raise CannotTell(f"The remote {remote} of {git.folder} has no commit on its default branch: push it.")
    pushed = found.get(f"refs/heads/{name}", "")
    heads = [f"refs/heads/{branch}" for branch in ((default, name) if pushed else (default,))]
    git(*_QUIET, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, *heads)
    return default, found["HEAD"], pushed


def _newer(git: Git, name: str, local: str, pushed: str) -> str:
    """Return the commit that contains the other. Raises CannotTell if neither does."""
    if not local or not pushed:
        return local or pushed
    for newer, older in ((pushed, local), (local, pushed)):
        if not git.run("merge-base", "--is-ancestor", older, newer).returncode:
            return newer
    raise CannotTell(f"The branches {name} of {git.folder} and of its remote diverged: merge them, or delete one.")
