"""The places of the test, and their concurrency: a stack on a real account, and the stack of a local run."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import Calls, Refusal, code
from bounded_context_cli.views.cost import assumed
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.settings import Settings
from bounded_context_local.actors.partner import NAME as PARTNER
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.provider.program import STACK
from bounded_context_local.rehearsal.acts import Driver
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context
from bounded_context_platform.temporary_stacks.kinds import SANDBOX, Services, now
from bounded_context_platform.temporary_stacks.stack import Tags, TemporaryStack

from ..capacity.model import executions

UNRESERVED: Final = 100
"""Executions that must stay unreserved (Lambda developer guide, "Configuring reserved concurrency")."""


def refuse_too_few(settings: Settings, limit: Mapping[str, int]) -> None:
    """Raise Refusal if an account cannot run the stack while it imports a list into a new table.

    `limit` is `AccountLimit` of Lambda's GetAccountSettings.
    """
    needs, free = executions(settings, assumed().shards), limit["UnreservedConcurrentExecutions"]
    if free < needs:
        raise Refusal(
            f"Lambda may run {free} concurrent executions in this account ({limit['ConcurrentExecutions']} less the "
            f"reservations of other functions), and the stack needs {needs}: request more (Service Quotas, Lambda, "
            '"Concurrent executions"), reserve fewer for relay_events (reserved_concurrency), or lower '
            "stream_parallelization_factor and import_concurrency."
        )
    reserved = sum(settings.reserved_concurrency.values())
    if reserved and free - reserved < UNRESERVED:
        raise Refusal(
            f"reserved_concurrency takes {reserved} of {free} executions, and AWS keeps {UNRESERVED} unreserved: "
            'request more (Service Quotas, Lambda, "Concurrent executions"), or reserve fewer.'
        )


_HOURS: Final = 24
"""The lifetime of the stack. `context sandbox sweep` removes it if this command could not."""


class Account:
    """A sandbox on AWS, created by the Pulumi CLI. Its file is in the repository while the stack exists.

    Attributes:
        stack: the stack's name.
        patience: the maximum wait for asynchronous effects, in seconds. A new stream, event source mapping or bucket
            delivers its first events after some minutes.
        code: the archive of the functions.

    Raises:
        Refusal: the settings of `dev` are missing or cannot be read, or `name` cannot be part of a stack's name.
    """

    patience = 900.0

    def __init__(self, project: Project, name: str) -> None:
        self.stack = SANDBOX.stack(name)
        self.code = project.build / "code.zip"
        self._stack = TemporaryStack(project, self.stack)
        self._outputs: Mapping[str, Any] = {}
        self._began = False

    @property
    def aws(self) -> Services:
        """The account, in the stack's region."""
        return self._stack.aws

    def check(self) -> str:
        """Return a description of the account. Raises Refusal if the stack exists, or cannot be created or removed."""
        self._stack.check_name()
        if self._stack.file.exists():
            raise Refusal(f"{self._stack.file} exists: choose a new name, such as smoke.")
        if self._stack.exists():
            raise Refusal(f"The stack {self.stack} exists: choose a new name, since the stack is destroyed at the end.")
        account = self.aws.caller()["Account"]
        refuse_too_few(self._stack.settings(), self.aws.call("lambda", "get_account_settings")["AccountLimit"])
        self._check_table()
        return f"account {account}, {self.aws.region}"

    def deploy(self) -> Mapping[str, Any]:
        """Create the stack and return its outputs. Raises Failed."""
        self._began = True
        tags = Tags(self.aws.person(), now() + timedelta(hours=_HOURS))
        # Without filters, each subscriber gets every event.
        self._outputs = self._stack.deploy({**tags.settings(), "filters": None}, tags)
        return self._outputs

    def send(self, name: str, content: bytes) -> None:
        """Upload a file to the bucket: a sandbox has no SFTP."""
        bucket, key = self._outputs["inbox_bucket"], f"incoming/{PARTNER}/{name}"
        self.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)

    def subscribers(self) -> Sequence[Subscriber]:
        """Return readers of the subscribers' queues, which delete the messages they read."""
        return [Subscriber(self.aws, name, url) for name, url in self._outputs["queues"].items()]

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Shift the traffic to the newest versions. Return the rollout's exit status and its report."""
        return self._stack.release(self._outputs)

    def destroy(self) -> None:
        """Destroy the stack, and delete its file. Raises Failed with the remaining resources; the file stays then."""
        if self._began:
            self._stack.destroy()

    def _check_table(self) -> None:
        """Reject a stack that is deployed from another state, because its names would conflict."""
        table = self._stack.labels.name("table")
        try:
            self.aws.call("dynamodb", "describe_table", TableName=table)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
        else:
            raise Refusal(f"The account has a table {table} already: choose a new name of a stack.")


class Emulated:
    """The stack of a local run on the embedded AWS, with the methods of `Account`."""

    stack = STACK
    patience: Final = 60.0

    def __init__(self, project: Project) -> None:
        self.code = project.build / "local" / "code.zip"
        self._project = project
        self._resources = ExitStack()

    @cached_property
    def _running(self) -> RunningContext:
        """The run, which the first access starts."""
        return self._resources.enter_context(running_context(self._project))

    @property
    def aws(self) -> Calls:
        """The embedded AWS."""
        return self._running.aws

    def check(self) -> str:
        """Return a description of the embedded AWS, which needs no check."""
        return "the embedded AWS of this machine"

    def deploy(self) -> Mapping[str, Any]:
        """Start the emulator and deploy the context. Return the outputs."""
        return self._running.outputs

    def send(self, name: str, content: bytes) -> None:
        """Upload a file as the run's partner."""
        self._running.partner.upload(name, content)

    def subscribers(self) -> Sequence[Subscriber]:
        """Return the run's subscribers."""
        return self._running.subscribers

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Run the driver, with the shortened minutes of CodeDeploy on the emulator."""
        return Driver(self._running.aws, dict(self._running.outputs), STACK).run("start")

    def destroy(self) -> None:
        """Stop the emulator."""
        self._resources.close()


World = Account | Emulated
