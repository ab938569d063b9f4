"""Which of two versions answers: aliases that move between them as fast as calls come."""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bounded_context_local.running.context import RunningContext

_PAUSE_SECONDS: Final = 0.05


class Shares:
    """The functions that both versions have. The emulator knows no weights: an alias is on one version at a time.

    So it moves between the two at random, which is what the calls of an alias with weights meet.
    """

    def __init__(self, deployed: RunningContext, older: Path, functions: tuple[str, ...]) -> None:
        """Publish the older version beside the deployed one.

        Args:
            deployed: the newer version, live.
            older: the archive of the older version's code.
            functions: the names of the functions that the older version has.
        """
        self._aws = deployed.aws
        self._dice = random.Random(0)  # noqa: S311  a share of calls, not a secret
        self._versions = {deployed.outputs["functions"][name]: self._both(deployed, name, older) for name in functions}

    def _both(self, deployed: RunningContext, name: str, older: Path) -> Mapping[bool, str]:
        function, alias = _parts(deployed.outputs["functions"][name])
        newer = self._aws.call("lambda", "get_alias", FunctionName=function, Name=alias)["FunctionVersion"]
        code = older.read_bytes()
        response = self._aws.call("lambda", "update_function_code", FunctionName=function, ZipFile=code, Publish=True)
        return {True: newer, False: response["Version"]}

    @contextmanager
    def of_newer(self, share: float) -> Iterator[None]:
        """Let the newer version take this share of all calls, from 0 to 1, until the block is left."""
        for arn in self._versions:
            self._move(arn, share)
        stopped = threading.Event()
        mover = threading.Thread(target=self._keep_moving, args=(share, stopped), name="aliases")
        mover.start()
        try:
            yield
        finally:
            stopped.set()
            mover.join()

    def _keep_moving(self, share: float, stopped: threading.Event) -> None:
        while 0 < share < 1 and not stopped.wait(_PAUSE_SECONDS):
            self._move(self._dice.choice(list(self._versions)), share)

    def _move(self, arn: str, share: float) -> None:
        function, alias = _parts(arn)
        version = self._versions[arn][self._dice.random() < share]
        self._aws.call("lambda", "update_alias", FunctionName=function, Name=alias, FunctionVersion=version)


def _parts(arn: str) -> tuple[str, str]:
    function, alias = arn.split(":")[-2:]
    return function, alias
