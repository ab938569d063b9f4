"""Accounts, Pulumi's state and a terminal: they run a page's commands, and refuse what AWS and Pulumi refuse."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import yaml

from bounded_context_cli.programs.pulumi_files import config, project_name, settings, stacks
from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, Node, Program
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.project import ProjectError, at
from bounded_context_operations.repair.redrive.outputs import Page
from bounded_context_platform.permissions.account import OfAccount
from bounded_context_platform.permissions.requested import Run
from tests.console import context

CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
CONNECTION = "aws:codestarconnections/getConnection:getConnection"
PRINTED = {
    "account": r"(?<=-state-)\d{12}",
    "connection": r"arn:aws:codeconnections:[\w:/-]+",
    "key": r"arn:aws:kms:[\w:-]+key/[\w-]+",
}
"""The placeholders of the pages that stand for printed values, and the form of the values."""

ELSEWHERE = ("capacity", "cost", "list", "rollout", "smoke-account")
"""Commands that other tests run. A first deployment needs none of them."""

_RUNS: dict[str, dict[str, Run]] = {}
_GRAPHS: dict[str, Graph] = {}
"""The runs of programs, by the texts of their settings: the journeys of the tests differ in few of them."""

_ROLE = re.compile(r"arn:aws:iam::(\d+):role/(.+)")
_VARIABLE = re.compile(r"\$(\w+)")


class Refused(Exception):
    """A refusal of AWS, of Pulumi or of the library."""


def require(condition: object, refusal: str) -> None:
    """Raise Refused without the condition."""
    if not condition:
        raise Refused(refusal)


@dataclass
class World:
    """The accounts behind a person's profiles, the backend of Pulumi's state, and the person's terminal.

    Attributes:
        repository: the person's clone.
        profiles: the accounts of the profiles.
        variables: the exported variables.
        stacks: the secrets providers of the initialised stacks, by program and stack.
        graphs: the deployed stacks, by program and stack.
        accounts: the accounts of the deployed stacks.
        names: the roles and policies, by account and name, with the stack that made each.
        output: the output of all commands.
    """

    repository: Path
    profiles: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    backend: str = ""
    stacks: dict[tuple[str, str], str] = field(default_factory=dict)
    graphs: dict[tuple[str, str], Graph] = field(default_factory=dict)
    accounts: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    connections: set[str] = field(default_factory=set)
    output: str = ""
    _committed: dict[str, str] = field(default_factory=dict)
    _staged: dict[str, str] = field(default_factory=dict)
    _pushed: dict[str, str] = field(default_factory=dict)
    _refusal: str = ""

    def resolved(self, text: str) -> str:
        """Return a text with the printed values in place of their placeholders."""
        for name, form in PRINTED.items():
            if f"<{name}>" in text:
                values = re.findall(form, self.output)
                require(values, f"no command printed <{name}> yet")
                text = text.replace(f"<{name}>", values[-1])
        return text

    def run(self, line: str) -> None:
        """Run a command line. Raises Refused."""
        line = _VARIABLE.sub(lambda match: self.variables.get(match[1], ""), self.resolved(line))
        self.execute(shlex.split(line))

    def execute(self, words: Sequence[str]) -> None:
        """Run a command. Raises Refused."""
        match [*words]:
            case ["export", *assignments]:
                self.variables |= dict(assignment.split("=", 1) for assignment in assignments)
            case ["git", "mv", old, new]:
                (self.repository / old).rename(self.repository / new)
            case ["git", *words]:
                self._git(words)
            case ["aws", "codeconnections", "create-connection", *_]:
                self._connect()
            case ["pulumi", *words]:
                self.pulumi(words)
            case ["uv", "run", "context", *words]:
                if words[0] not in ELSEWHERE:
                    self.context(words)
            case _:
                raise Refused(f"{shlex.join(words)}: this terminal has no such command")

    def account(self, profile: str | None = None) -> str:
        """Return the account of a profile, or of the terminal's credentials. Raises Refused."""
        name = profile or self.variables.get("AWS_PROFILE", "")
        require(name in self.profiles, f"Unable to locate credentials ({name or 'no profile'})")
        return self.profiles[name]

    def _git(self, words: Sequence[str]) -> None:
        files = self._texts()
        match words:
            case ["add", "infra"]:
                self._staged = files
            case ["commit", "-m", _]:
                self._committed = self._staged
            case ["push"]:
                self._pushed = self._committed
            case _:
                raise Refused(f"git {shlex.join(words)}: unknown")

    def _texts(self) -> dict[str, str]:
        """Return the files of the stacks' settings."""
        files = sorted((self.repository / "infra").glob("*/Pulumi.*.yaml"))
        return {str(path.relative_to(self.repository)): path.read_text() for path in files}

    def _connect(self) -> None:
        require(self.variables.get("AWS_REGION"), "You must specify a region")
        place = f"{self.variables['AWS_REGION']}:{self.account()}"
        arn = f"arn:aws:codeconnections:{place}:connection/0f5a1c2e-1111-2222-3333-444455556666"
        self.connections.add(arn)  # and a person completes the handshake
        self.output += f"{arn}\n"

    def context(self, words: Sequence[str]) -> None:
        """Run the console script in this process, as a process with the terminal's variables."""
        self._refusal = ""
        with ExitStack() as patches:
            for place, stand_in in self._stand_ins():
                patches.enter_context(patch(place, stand_in))
            patches.enter_context(patch.dict("os.environ", self._environment()))
            written = StringIO()
            patches.enter_context(redirect_stdout(written))
            patches.enter_context(redirect_stderr(written))
            status = context(*words)
        self.output += written.getvalue()
        require(status == 0, self._refusal or written.getvalue())

    def _environment(self) -> dict[str, str]:
        """Return variables for boto3: credentials only with a known profile."""
        names = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        environment = {name: self.variables[name] for name in names if name in self.variables}
        if self.variables.get("AWS_PROFILE") in self.profiles:
            keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
            environment |= {"MOTO_ACCOUNT_ID": self.account(), **keys}
        return environment

    def _stand_ins(self) -> Iterator[tuple[str, Any]]:
        """Yield the functions that start processes, and their stand-ins."""
        yield "shutil.which", lambda name, *_, **__: f"/usr/bin/{name}"
        yield "bounded_context_operations.release.deploy._run", lambda command, _: self._status(command)
        yield "bounded_context_cli.command.pulumi._run", self._completed
        yield "bounded_context_operations.release.deploy.package", lambda: 0
        yield "signal.signal", lambda *_: None
        yield "bounded_context_operations.repair.redrive.messages.WAIT_SECONDS", 0
        yield "bounded_context_operations.repair.redrive.outputs.UnseenUploads._page", _no_uploads

    def _status(self, command: Sequence[str]) -> int:
        try:
            self.pulumi(command[1:])
        except Refused as refusal:
            self._refusal = str(refusal)
            return 255
        return 0

    def _completed(
        self, command: Sequence[str], _variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        status = self._status(command)
        said = "" if status == 0 else f"error: no stack named '{command[-1]}' found"
        deployed = [key for key in self.graphs if key == ("service", command[command.index("--cwd") - 1])]
        printed = json.dumps(self.outputs(*deployed[0])) if deployed else "{}"
        return subprocess.CompletedProcess([*command], status, printed, said)

    def outputs(self, program: str, stack: str) -> dict[str, Any]:
        """Return the outputs of a deployed stack."""
        return self.placed((program, stack), self.graphs[program, stack].outputs)

    def placed(self, key: tuple[str, str], recorded: Any) -> Any:
        """Return a recorded value with the stack's region and account."""
        region = config(self.repository / "infra" / key[0], key[1])["aws:region"]
        text = json.dumps(recorded).replace(REGION, region).replace(ACCOUNT, self.accounts[key])
        return json.loads(text)

    def pulumi(self, words: Sequence[str]) -> None:
        """Run a command of Pulumi's CLI. Raises Refused."""
        options = {word: then for word, then in zip(words, [*words[1:], ""], strict=False) if word.startswith("--")}
        program = Path(options.get("--cwd", ".")).name
        require(words[0] == "login" or (self.repository / "infra" / program / "Pulumi.yaml").exists(), "no project")
        key = (program, options.get("--stack", ""))
        match [*words][:3]:
            case ["login", url, *_]:
                self._login(url)
                return
            case ["stack", "rm", name]:
                key = (program, name)
            case ["stack", "init", name]:
                self._init(program, name, options.get("--secrets-provider", ""))
                return
        self._require_login()
        require(key in self.stacks, f"no stack named {key[1]!r} found")
        if words[0] in ("preview", "up"):
            account, graph = self._previewed(*key)
            if words[0] == "up":
                self._made(key, account, graph)
        match [*words][:3]:
            case ["stack", "output", name] if not name.startswith("--"):
                require(name in self.graphs[key].outputs, f"current stack does not have output property {name!r}")
                self.output += f"{self.outputs(*key)[name]}\n"
            case ["destroy", *_]:
                del self.graphs[key]
            case ["stack", "rm", _]:
                require(key not in self.graphs, f"{key[1]} still contains resources")

    def _login(self, url: str) -> None:
        bucket = url.removeprefix("s3://").partition("?")[0]
        with patch.dict("os.environ", {**self._environment(), "MOTO_ACCOUNT_ID": self.account()}):
            client: Any = boto3.client("s3", region_name="us-east-1")
            names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        require(url.startswith("s3://") and bucket in names, f"{url}: no such bucket in {self.account()}")
        self.backend = url

    def _require_login(self) -> None:
        require(self.backend, "PULUMI_ACCESS_TOKEN must be set: run `pulumi login`")
        require(f"-state-{self.account()}-" in self.backend, f"{self.backend}: AccessDenied for {self.account()}")

    def _init(self, program: str, name: str, provider: str) -> None:
        self._require_login()
        require((program, name) not in self.stacks, f"stack {name!r} already exists")
        require(
            re.fullmatch(rf"awskms:///{PRINTED['key']}\?region=[\w-]+&context_stack=[\w-]+", provider)
            and self.resolved("<key>") in provider,
            f"{provider!r}: open secrets keeper: no such key",
        )
        self.stacks[program, name] = provider
        with (self.repository / "infra" / program / f"Pulumi.{name}.yaml").open("a") as file:
            file.write(f"secretsprovider: {provider}\nencryptedkey: AQ==\n")

    def _previewed(self, program: str, stack: str, profile: str | None = None) -> tuple[str, Graph]:
        """Return the account of a stack's provider, and the stack's graph. Raises Refused."""
        folder = self.repository / "infra" / program
        file = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())
        require(file.get("secretsprovider") == self.stacks[program, stack], "secrets provider of another stack")
        require("aws:region" in file.get("config", {}), "Missing region configuration")
        account = self.account(profile or file["config"].get("aws:profile"))
        connected = file["config"].get("payment-pipeline:connection_arn") in self.connections
        answers = {
            CALLER: {"accountId": account},
            CONNECTION: {"connectionStatus": "AVAILABLE" if connected else "PENDING"},
        }
        if program == "service" and stack in self._runs():
            return account, self._runs()[stack][1]
        key = json.dumps([self._texts(), program, stack, answers])
        try:
            with patch("bounded_context_infra.deployer.printed", self._printed):
                _GRAPHS[key] = _GRAPHS.get(key) or Program(folder, project_name(folder), answers).run(stack)
        except (ProjectError, SettingError) as error:
            raise Refused(str(error)) from error
        return account, _GRAPHS[key]

    def _printed(self, name: str) -> Any:
        """Return the access of an account, as the command prints it."""
        return OfAccount(at(self.repository), name, _runs=self._runs()).access()

    def _runs(self) -> dict[str, Run]:
        """Return the runs of the service's program with the present settings."""
        folder = self.repository / "infra" / "service"
        return _RUNS.setdefault(json.dumps({stack: config(folder, stack) for stack in stacks(folder)}), {})

    def _made(self, key: tuple[str, str], account: str, graph: Graph) -> None:
        """Add the resources of a stack. Raises Refused for a resource that names a missing one, or has a taken name."""
        own = {(account, kind, str(node.inputs.get("name"))) for kind, node in _of_iam(graph)}
        for name in own:
            require(self.names.get(name, key) == key, f"EntityAlreadyExists: {name} is of {self.names.get(name)}")
        names = own | self.names.keys()
        for node in graph.nodes:
            for name in _needed(node, account):
                require(name in names, f"{key}: {node.name}: NoSuchEntity: {' '.join(name)} cannot be found")
            self._require_state(node, account)
        self.names |= dict.fromkeys(own, key)
        self.graphs[key] = graph
        self.accounts[key] = account

    def _require_state(self, node: Node, account: str) -> None:
        """Refuse a policy of a bucket or a key of the state that is not in the account."""
        if node.type.startswith("aws:kms/keyPolicy:"):
            require(f":{account}:" in self.resolved("<key>"), "NotFoundException: no such key")
            require(node.inputs["keyId"] in self.output, f"NotFoundException: {node.inputs['keyId']}")
        if node.type.startswith("aws:s3/bucketPolicy:") and node.name == "state":
            require(f"//{node.inputs['bucket']}?" in self.backend, f"NoSuchBucket: {node.inputs['bucket']}")

    def deliver(self) -> None:
        """Deploy each environment as the pipeline's first execution, from the pushed files. Raises Refused."""
        require(("pipeline", "main") in self.graphs, "PipelineNotFoundException")
        for environment in settings(self.repository / "infra" / "pipeline", "main")["environments"]:
            name, account = environment["name"], environment["account"]
            for role in ("preview", "deploy", "shift"):
                role_key = (account, "role", f"payment-deployer-{name}-{role}")
                require(role_key in self.names, f"sts:AssumeRole: AccessDenied: {' '.join(role_key)} cannot be found")
            self._deliver(name, account, environment.get("secrets_provider"))

    def _deliver(self, name: str, account: str, provider: str | None) -> None:
        key = ("service", name)
        require(key in self.stacks, f"no stack named {name!r} found")
        require(provider == self.stacks[key], f"{name}: the file has another secrets provider than the pipeline")
        file = f"infra/service/Pulumi.{name}.yaml"
        require("encryptedkey" in self._pushed.get(file, ""), f"{file}: the commit has no encrypted key")
        require(self._pushed[file] == (self.repository / file).read_text(), f"{file} was changed after the push")
        profile = next(name for name, number in self.profiles.items() if number == account)
        self._made(key, *self._previewed(*key, profile))


def _no_uploads(unseen: Any, _: object) -> Page:
    """Call the function that returns the uploads whose event was lost. moto does not run it."""
    unseen._functions.invoke(FunctionName=unseen._alias_arn)
    return Page([], 0)


def _of_iam(graph: Graph) -> Iterator[tuple[str, Node]]:
    for kind in ("role", "policy"):
        yield from ((kind, node) for node in graph.of(f"iam/{kind}"))


def _needed(node: Node, account: str) -> Iterator[tuple[str, str, str]]:
    """Yield the roles and policies that AWS requires to exist before it accepts a resource.

    A boundary is of the role's account. IAM, KMS and S3 reject policies with a principal that does not exist (IAM user
    guide, "AWS JSON policy elements: Principal").
    """
    if limit := node.inputs.get("permissionsBoundary"):
        yield account, "policy", str(limit).removeprefix(f"arn:aws:iam::{account}:policy/")
    for name in ("assumeRolePolicy", "policy"):
        if isinstance(text := node.inputs.get(name), str) and text.startswith("{"):
            yield from _principals(json.loads(text))


def _principals(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for statement in document["Statement"]:
        principal = statement.get("Principal", {})
        arns = principal.get("AWS", []) if isinstance(principal, dict) else []
        for arn in [arns] if isinstance(arns, str) else arns:
            if match := _ROLE.fullmatch(arn):
                yield match[1], "role", match[2]
