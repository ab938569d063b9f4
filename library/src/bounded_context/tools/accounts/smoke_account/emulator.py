"""A stack on the embedded AWS of this machine."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

from ....configuration.project import Project
from ...local.aws import Calls
from ...local.rehearsal.driver import Driver
from ...local.running import RunningContext
from ...local.stack import STACK
from ...local.start import running_context
from ...local.subscribers import Subscriber
from ..pulumi_cli import Failed

PATIENCE: Final = 60.0


class Emulated:
    """A World with the stack of a local run, deployed by the local deployer."""

    stack = STACK
    patience = PATIENCE

    def __init__(self, project: Project) -> None:
        self.code = project.build / "local" / "code.zip"
        self._project = project
        self._begun = ExitStack()
        self._deployed: RunningContext | None = None

    @property
    def aws(self) -> Calls:
        """The embedded AWS, after the stack is deployed."""
        return self._running.aws

    @property
    def _running(self) -> RunningContext:
        if self._deployed is None:
            raise Failed("nothing is deployed.")
        return self._deployed

    def check(self) -> str:
        """Return a description of the embedded AWS, which needs no check."""
        return "the embedded AWS of this machine"

    def deploy(self) -> Mapping[str, Any]:
        """Start the emulator and deploy the context. Return the outputs."""
        self._deployed = self._begun.enter_context(running_context(self._project))
        return self._deployed.outputs

    def send(self, name: str, content: bytes) -> None:
        """Upload a file as the run's partner."""
        self._running.partner.upload(name, content)

    def subscribers(self) -> Sequence[Subscriber]:
        """Return the run's subscribers."""
        return self._running.subscribers

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Run the driver, with the shortened minutes of CodeDeploy's stand-in."""
        return Driver(self._running.aws, dict(self._running.outputs), STACK).run("start")

    def destroy(self) -> None:
        """Stop the emulator."""
        self._begun.close()
