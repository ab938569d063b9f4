"""The process of the embedded AWS, the file with which other runs find it, and the parent commands of this run.

`extensions/launcher.py` starts the emulator on free ports with its own settings. With the endpoints file, a second run
joins the emulator of this run. Two contexts have packages of the same names. Each context therefore runs in its own
process and environment, and they share an emulator as they would share an account.

A killed process (SIGKILL) does not signal its children. Without the watch of its launchers, a kept run and its emulator
would never end.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import psutil
from pydantic import TypeAdapter

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import LOCAL_STACK
from bounded_context_cli.command.output import LocalRunError
from bounded_context_cli.programs.environment import environment

from ..sample_lists import Samples
from .clock import until

HOST = "127.0.0.1"
KEEPER = Path(__file__).with_name("keeper.py")
LAUNCHER = Path(__file__).parents[1] / "extensions" / "launcher.py"
INFRA = str(files("bounded_context_infra"))
READY_SECONDS = 30.0
STOP_SECONDS = 15.0
LOG_LINES = 20
CALLS_AT_ONCE = 12
"""Limit of concurrent function calls, each a process. Further calls are throttled, as on AWS beyond 1,000."""
WAIT_SCALE = 0.05
"""Factor on a state machine's waits. They are shortened, not skipped, so throttled calls do not retry in step."""

NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its ports and the credentials of its root user.

    Functions send traces to `trace_address` unless it is empty. `joined` is True if another run has started the
    emulator. `proxy_port` is the port of a proxy for all calls of the functions, or 0 without a proxy.
    """

    port: int
    sftp_port: int
    region: str
    folder: Path
    trace_address: str = ""
    joined: bool = False
    proxy_port: int = 0
    access_key: str = field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(30), repr=False)

    @property
    def endpoint(self) -> str:
        """The URL of all services."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """The emulator's log file, which is deleted when the emulator stops."""
        return self.folder / "emulator.log"

    def environment(self) -> dict[str, str]:
        """Return the environment of the emulator's process. It is minimal because functions inherit it."""
        proxy = f"http://{HOST}:{self.proxy_port}" if self.proxy_port else ""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONNOUSERSITE": "1",
            "GATEWAY_PORT": str(self.port),
            "SFTP_PORT": str(self.sftp_port),
            "BIND_HOST": HOST,
            "SFTP_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self.region,
            "IOT_MTLS_ENABLED": "0",
            "SFN_WAIT_SCALE": str(WAIT_SCALE),
            "AUTH": "true",
            "LAMBDA_ACCOUNT_CONCURRENCY": str(CALLS_AT_ONCE),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            LOCAL_STACK: proxy or self.endpoint,
            **({"AWS_ENDPOINT_URL": proxy} if proxy else {}),  # without a proxy, the emulator adds its own
            **({"AWS_XRAY_DAEMON_ADDRESS": self.trace_address} if self.trace_address else {}),
        }

    def client_environment(self) -> dict[str, str]:
        """Return the environment variables with which AWS tools call this emulator as its root user."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def log_tail(self) -> str:
        """Return the last lines of the emulator's log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        return "(no log)"


@contextmanager
def running_emulator(
    python: Path,
    region: str,
    trace_address: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    *,
    proxied: bool = False,
) -> Iterator[Emulator]:
    """Start an emulator, yield it when it is ready, and always stop it with all its processes.

    Args:
        python: the interpreter of the emulator's environment.
        region: the region of its resources.
        trace_address: the address of an X-Ray daemon, such as "127.0.0.1:2000".
        meanwhile: called in this process while the emulator starts.
        proxied: whether functions call a proxy at the emulator's `proxy_port`, which the caller has to start.

    Raises:
        LocalRunError: the emulator ended, or was not ready in time. The message ends with the last lines of its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
    port, sftp_port, proxy_port = _free_ports(3)
    emulator = Emulator(port, sftp_port, region, folder, trace_address, proxy_port=proxy_port if proxied else 0)
    keeper = _start(emulator, python)
    try:
        meanwhile()
        _wait_until_ready(emulator, keeper)
        yield emulator
    finally:
        _stop(keeper, folder)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for candidate in sockets:
            candidate.bind((HOST, 0))
        return [candidate.getsockname()[1] for candidate in sockets]


def _start(emulator: Emulator, python: Path) -> "subprocess.Popen[bytes]":
    """Start the emulator under `keeper.py` in a new session, so Ctrl-C reaches only this process."""
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", str(KEEPER), str(emulator.folder), str(python), "-P", str(LAUNCHER), INFRA],
        env=emulator.environment(),
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _wait_until_ready(emulator: Emulator, keeper: "subprocess.Popen[bytes]") -> None:
    until(lambda: keeper.poll() is not None or is_ready(emulator), READY_SECONDS, 0.05)
    if not is_ready(emulator):
        fault = f"was not ready in {READY_SECONDS:.0f} s" if keeper.poll() is None else "ended at its start"
        raise LocalRunError(f"The emulator {fault}:\n{emulator.log_tail()}")


def is_ready(emulator: Emulator) -> bool:
    """Return whether the emulator answers."""
    try:
        with NO_PROXY.open(f"{emulator.endpoint}/_ministack/ready", timeout=1):
            return True
    except OSError:  # not listening yet, or 503
        return False


def _stop(keeper: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Close the keeper's standard input, at which it stops. Kill the keeper after a timeout."""
    if keeper.stdin:
        keeper.stdin.close()
    try:
        keeper.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    shutil.rmtree(folder, ignore_errors=True)


def kill(emulator: Emulator) -> None:
    """Kill an emulator of this process with all of its processes, as a region that is lost. Its keeper then ends."""
    for keeper in psutil.Process().children():
        if str(emulator.folder) in keeper.cmdline():
            for process in keeper.children():
                os.killpg(process.pid, signal.SIGKILL)


PINS: Final = Path(__file__).parents[1] / "data" / "emulator.txt"


def emulator_python(build: Path) -> Path:
    """Return the interpreter of the emulator's environment below `build`, which is created if needed.

    Functions run under this interpreter and can import its packages, so it contains only the emulator.

    Raises:
        LocalRunError: as environment.
    """
    return environment(build, PINS) / "bin" / "python"


ENDPOINTS_VERSION = 3
"""Version of the file format. Another version comes from a repository of another template version."""


@dataclass(frozen=True)
class Endpoints:
    """The context and the emulator of a run.

    `context` is the context's name, `outputs` are the outputs of its stack, `identity` is the column of the identity.
    `columns` maps the columns of a list to their kinds (`sample_lists.KINDS`).
    """

    context: str
    emulator: Emulator
    outputs: Mapping[str, Any]
    identity: str
    columns: Mapping[str, str]


_ENDPOINTS: Final = TypeAdapter(Endpoints)


def endpoints_of(context: Context[Any], emulator: Emulator, outputs: Mapping[str, Any]) -> Endpoints:
    """Return the endpoints of a deployed context."""
    return Endpoints(context.name, emulator, outputs, context.identity, Samples(context).columns)


@contextmanager
def published_endpoints(file: Path, endpoints: Endpoints) -> Iterator[None]:
    """Write the endpoints file, and delete it at the end of the block.

    The file contains the keys of the emulator's root user.
    """
    environment = endpoints.emulator.client_environment()
    own = {"version": ENDPOINTS_VERSION, "process": os.getpid(), "environment": environment}
    with standing(file, json.dumps(own | _ENDPOINTS.dump_python(endpoints, mode="json"), indent=2)):
        yield


@contextmanager
def standing(file: Path, text: str) -> Iterator[None]:
    """Write a text file atomically, and delete it at the end of the block unless another run has replaced it.

    Only the owner may read the file, because it may contain keys.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # NamedTemporaryFile creates the file with the mode 0600.
    with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}-", delete=False) as draft:
        draft.write(text)
    Path(draft.name).replace(file)
    try:
        yield
    finally:
        if file.exists() and file.read_text(encoding="utf-8") == text:
            file.unlink()


def read_endpoints(file: Path) -> Endpoints:
    """Return the endpoints that another run has written.

    Raises:
        LocalRunError: the file is not an endpoints file, or its run has ended.
    """
    endpoints = _parse_endpoints(file)
    if not is_ready(endpoints.emulator):
        raise LocalRunError(
            f"{file}: no answer at {endpoints.emulator.endpoint}: the run that wrote it has ended. Start it again."
        )
    return endpoints


def _parse_endpoints(file: Path) -> Endpoints:
    try:
        document = json.loads(file.read_text())
        version = document.get("version", ENDPOINTS_VERSION) if isinstance(document, dict) else ENDPOINTS_VERSION
        if version != ENDPOINTS_VERSION:
            raise LocalRunError(
                f"{file} has format {version}, and this run reads {ENDPOINTS_VERSION}: generate both contexts again."
            )
        return _ENDPOINTS.validate_python(document)
    except OSError as error:
        raise LocalRunError(
            f"{file} cannot be read: {error.strerror}. A run with --keep --endpoints writes it."
        ) from error
    except ValueError as error:
        problem = str(error).splitlines()[0]
        raise LocalRunError(f"{file} was not written by --endpoints: {type(error).__name__}: {problem}.") from error


STARTED_BY: Final = "BOUNDED_CONTEXT_STARTED_BY"
"""Environment variable with the process id of a launcher other than `uv`."""

LAUNCHERS_SECONDS: Final = 0.5


@contextmanager
def ending_with_launchers() -> Iterator[None]:
    """Send SIGTERM to this process when a launcher ends. Stop watching at the end of the block."""
    watched = launchers(psutil.Process().parents(), os.environ.get(STARTED_BY, ""))
    end = threading.Event()

    def watch() -> None:
        while not end.wait(LAUNCHERS_SECONDS):
            if not all(map(is_running, watched)):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    if watched:
        threading.Thread(target=watch, name="launchers", daemon=True).start()
    try:
        yield
    finally:
        end.set()


def launchers(above: Sequence[psutil.Process], started_by: str = "") -> list[psutil.Process]:
    """Return the ancestors, nearest first, up to the topmost `uv` or process with the id `started_by`."""
    depths = [
        depth for depth, process in enumerate(above, 1) if process.name() == "uv" or str(process.pid) == started_by
    ]
    return list(above[: max(depths, default=0)])


def is_running(process: psutil.Process) -> bool:
    """Return whether a process runs. A process that has ended and that its parent did not collect does not run."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
