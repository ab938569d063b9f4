"""The process of the embedded AWS, started by `extensions/launcher.py` on free ports with its own settings."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from bounded_context.declaration.environment import LOCAL_STACK
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_cli.programs.environment import environment

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

    def _functions_endpoints(self) -> dict[str, str]:
        """Return the variables with the endpoints of the functions; without a proxy, the emulator adds its own."""
        proxy = f"http://{HOST}:{self.proxy_port}"
        return {
            LOCAL_STACK: proxy if self.proxy_port else self.endpoint,
            **({"AWS_ENDPOINT_URL": proxy} if self.proxy_port else {}),
        }

    @property
    def log(self) -> Path:
        """The emulator's log file, which is deleted when the emulator stops."""
        return self.folder / "emulator.log"

    def environment(self) -> dict[str, str]:
        """Return the environment of the emulator's process. It is minimal because functions inherit it."""
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
            **self._functions_endpoints(),
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


PINS: Final = Path(__file__).parents[1] / "data" / "emulator.txt"


def emulator_python(build: Path) -> Path:
    """Return the interpreter of the emulator's environment below `build`, which is created if needed.

    Functions run under this interpreter and can import its packages, so it contains only the emulator.

    Raises:
        LocalRunError: as environment.
    """
    return environment(build, PINS) / "bin" / "python"
