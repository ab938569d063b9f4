"""A stand-in for Pulumi's host of Python programs, which its engine starts for each run.

It runs the program in its own process, as Pulumi's Automation API does. Pulumi's own, which starts an interpreter and
comes in the CLI's archive, is used where it is installed.
"""
# ruff: noqa: N802 (Pulumi names the methods)

import os
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from .served import serve


class Host(LanguageServer):
    """Runs the program that a request names, in that program's folder."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    def Run(self, request: Any, context: Any) -> Any:
        os.chdir(request.info.program_directory)
        self.program = lambda: _run(request.info.program_directory)
        return super().Run(request, context)

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a pack of policies by the environment that its PulumiPolicy.yaml names; the engine asks to end it."""
        python = Path(request.info.options["virtualenv"], "bin", "python")
        command = [str(python), "-u", request.info.program_directory, *request.args]
        variables = dict(variable.split("=", 1) for variable in request.env)
        with subprocess.Popen(command, cwd=request.pwd, env=variables, stdout=subprocess.PIPE) as running:  # noqa: S603
            context.add_callback(running.terminate)
            for line in running.stdout or ():
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=running.returncode)


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def main() -> None:
    """Stand in for the host."""
    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(), server))
