"""A person goes through the page of an account from top to bottom, after the README's first deployment."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from moto.dynamodb.models import DynamoDBBackend

from bounded_context_cli.docs import page
from bounded_context_cli.programs.pulumi_files import config
from tests.console import parsed
from tests.pipeline import program as pipeline

from .shell import Shell
from .test_journey import accounts, follow, moved, replaced, repository
from .world import Refused, World, require

__all__ = ["accounts", "repository"]

STACK: Final = ("service", "dev")
PROFILES: Final = {"dev": "111122223333", "other": "222233334444", "management": "444455556666"}
WHERE: Final = {"stack's": "dev", "other": "other", "management": "management"}
"""The profiles of the accounts that the page names."""

TOKEN: Final = re.compile(
    r"""^\ *```(?P<language>\w+)[^\n]*\n(?P<block>.*?)^\ *```$
    |^(?:\#\#\ |\*\*|\d\.\ )
    |[Ii]n\ the\ (?P<where>stack's|other|management)\s+account
    |first\ command\s+prints[^`.]*`<(?P<printed>\w+)>`
    |`<(?P<identity>\w+)>`\ is\ the\ `(?P<named>\w+)`\s+that\ the\ first
    |whose\ ARN\s+is\s+`<(?P<made>\w+)>`|`<(?P<chosen>\w+)>`\ is\ the\ (?:ARN\ of|connector's)
    |`(?P<list>[\w.]+\.csv)`\ is\ a\ list
    |Write\ `(?P<value>\w+)`\ as\ `(?P<member>\w+)`\ into\ `(?P<file>[\w.]+)`
    |`(?P<code>(?:aws|pulumi|uv\ run\ context)\s[^`]+)`
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)

PREPARED: Final = {
    "id of another stack's API": "aws apigatewayv2 create-api --name other --protocol-type HTTP --query ApiId",
    "arn": "aws stepfunctions start-execution --state-machine-arn <machine> --query executionArn",
    "key": "aws kms create-key --query KeyMetadata.Arn",
    "role": "aws iam create-role --role-name restore --assume-role-policy-document '{}' --query Role.Arn",
    "connector": "aws transfer create-connector --url sftp://acme.example --access-role <access> --query ConnectorId",
    "access": "aws iam create-role --role-name deliver --assume-role-policy-document '{}' --query Role.Arn",
}
"""The commands that print the values of objects that a person has made before."""

LOGGED: Final = {"connector": "aws logs create-log-group --log-group-name /aws/transfer/<connector>"}
"""The commands by which an object of a person has a log."""

SPARED: Final = ("apigatewayv2",)
"""The services whose modules in moto take seconds to import: only the nightly test sends their requests to moto."""

SPARED_OPERATIONS: Final = {"apigatewayv2 create-api", "apigatewayv2 get-api"}

_JOBS: Final = "moto has no backup jobs, restore jobs and recovery points"
_SETTINGS: Final = "moto has no settings and no access policies of AWS Backup"
LACKING: Final[Mapping[str, str]] = {
    "backup delete-recovery-point": _JOBS,
    "backup describe-backup-job": _JOBS,
    "backup describe-region-settings": _SETTINGS,
    "backup describe-restore-job": _JOBS,
    "backup get-recovery-point-restore-metadata": _JOBS,
    "backup list-backup-jobs": _JOBS,
    "backup list-copy-jobs": _JOBS,
    "backup list-recovery-points-by-backup-vault": _JOBS,
    "backup put-backup-vault-access-policy": _SETTINGS,
    "backup start-backup-job": _JOBS,
    "backup start-restore-job": _JOBS,
    "backup stop-backup-job": _JOBS,
    "backup update-global-settings": _SETTINGS,
    "cloudtrail lookup-events": "moto records no events",
    "dynamodb batch-execute-statement": "moto's parser of PartiQL accepts no parameter in an INSERT",
    "iam simulate-principal-policy": "moto evaluates no policies",
    "lambda get-account-settings": "moto has no limits of an account",
    "lambda get-function-recursion-config": "moto has no recursive-loop detection",
    "service-quotas list-service-quotas": "moto has the quotas of few services, and not of these",
    "stepfunctions redrive-execution": "moto redrives no executions",
    "stepfunctions test-state": "moto tests no single states",
    "transfer test-connection": "moto connects to no server",
}
"""The operations that moto lacks, with the reason. A stand-in checks their requests and names, and returns a sample."""


class Reader:
    """A person who reads the page, and runs its commands with the profile of the account that the text names."""

    def __init__(self, text: str, shell: Shell) -> None:
        self.text, self.world, self.shell = text, shell.world, shell
        self._awaited: tuple[str, str] | None = None
        self._ran = set[str]()
        self._values = dict(_values(text, shell.world))
        self.world.variables = {"AWS_PROFILE": "dev"}
        if "`AWS_REGION` set to the stack's region" in text:
            self.world.variables["AWS_REGION"] = self._values["region"]

    def read(self) -> None:
        """Follow the text. Raises Refused."""
        self.shell.create()
        for token in TOKEN.finditer(self.text):
            self._follow(token)

    def _follow(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case None:
                self._go("dev")
            case "where":
                self._go(WHERE[token["where"]])
            case "block":
                self._block(token)
            case "printed" | "named":
                name = token["printed"] or token["identity"]
                self._awaited = (name, token["named"] or name)
            case "made" | "chosen" as group:
                self._values[token[group]] = self._prepared(token[group])
                if token[group] in LOGGED:
                    self.shell.run(self._resolved(LOGGED[token[group]]))
            case "list":
                (self.world.repository / token["list"]).write_text("payment_id\n")
            case "file":
                self._edit(token["file"], token["member"], token["value"])
            case _:
                self._inline(" ".join(token["code"].split()), token.start())

    def _go(self, profile: str) -> None:
        self.world.variables["AWS_PROFILE"] = profile

    def _block(self, token: re.Match[str]) -> None:
        """Run the lines of a shell's block, set the settings of a block in YAML, or write a file in JSON."""
        match token["language"]:
            case "sh":
                text = re.sub(r"\s{2,}#.*", "", re.sub(r"\\\n\s*", "", token["block"]))
                for line in re.findall(r"(?:'[^']*'|[^'\n])+", text):
                    self._run(line.strip())
            case "yaml":
                self._set(yaml.safe_load(self._resolved(token["block"])))
            case _:
                [name] = re.findall(r"as\s`([\w.]+)`[^`]*\Z", self.text[: token.start()])
                (self.world.repository / name).write_text(self._resolved(token["block"]))

    def _inline(self, code: str, place: int) -> None:
        """Run a command of the text. A name of a command alone, or in a table, is a mention."""
        in_table = self.text[self.text.rfind("\n", 0, place) + 1] == "|"
        if not in_table and "..." not in code and not _mentioned(code.split()):
            self._run(code)

    def _run(self, line: str) -> None:
        line = self._resolved(line.replace("--rows N", "--rows 10"))
        for words in re.findall(r"uv run context ([^&|]+)", line):
            require_parsed(words)
        if line in self._ran:
            return
        if line.startswith("uv "):
            self._ran.add(line)
        output = self.shell.run(line)
        if self._awaited:
            name, member = self._awaited
            printed = re.search(rf'"{member}": "([^"]+)"', output, re.IGNORECASE)
            self._values[name], self._awaited = printed[1] if printed else output.strip(), None

    def _resolved(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if (" " in match[1] or match[1] == "access") and match[1] in PREPARED:
                return self._prepared(match[1])
            require(match[1] in self._values, f"{match[0]}: the text has no value")
            return self._values[match[1]]

        return re.sub(r"<([\w. ][^<>|\n]*?)>", value, text)

    def _prepared(self, name: str) -> str:
        return self.shell.run(f"{self._resolved(PREPARED[name])} --output text").strip()

    def _set(self, settings: Any) -> None:
        """Write settings into the stack's file, and deploy. Refuse settings that the program does not read."""
        file = self.world.repository / "infra" / STACK[0] / f"Pulumi.{STACK[1]}.yaml"
        content = yaml.safe_load(file.read_text())
        content["config"] |= settings["config"]
        file.write_text(yaml.safe_dump(content))
        self.shell.run(f"uv run context deploy {STACK[1]}")
        require(not self.world.graphs[STACK].unread, f"unknown settings: {self.world.graphs[STACK].unread}")

    def _edit(self, file: str, member: str, value: str) -> None:
        path = self.world.repository / file
        require(path.exists(), f"{file}: no such file")
        path.write_text(json.dumps(json.loads(path.read_text()) | {member: value}))


def _mentioned(words: list[str]) -> bool:
    match words:
        case ["aws", _, operation, *options]:
            reads = operation.startswith(("describe-", "list-"))
            return not reads and all(word.startswith("--") for word in options)
        case ["pulumi", *rest]:
            return len(rest) < 3
    try:
        parsed(words[3:])
    except Exception as error:
        return type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError")
    return False


def _values(text: str, world: World) -> Iterator[tuple[str, str]]:
    """Yield the placeholders whose values a person knows, with the values of the stack."""
    outputs, now = world.outputs(*STACK), datetime.now(UTC)
    region = config(world.repository / "infra" / STACK[0], STACK[1])["aws:region"]
    yield from {"stack": "dev", "context": "payment", "prefix": "payment-dev", "CONTEXT": "PAYMENT"}.items()
    yield from {"account": PROFILES["dev"], "stack account": PROFILES["dev"], "region": region}.items()
    yield from {"other account": PROFILES["other"], "name": "copies", "partner": "acme", "list_id": "0a1b"}.items()
    yield from {"now": f"{now:%FT%TZ}", "an hour ago": f"{now - timedelta(hours=1):%FT%TZ}"}.items()
    yield from {"day": f"{now:%F}", "day after": f"{now + timedelta(days=1):%F}"}.items()
    yield from {"function": "register-payment", "queue": next(iter(outputs["queues"].values()))}.items()
    buckets = {node.name: node.called for graph in world.graphs.values() for node in graph.of("s3/bucket")}
    yield "artifacts bucket", buckets["payment-pipeline-artifacts"]
    yield "...", buckets["payment-dev-given-up"].rpartition("-")[2]
    for name, output in re.findall(r"`<(\w+)>` its output `(\w+)`", text):
        require(output in outputs, f"the stack has no output {output}")
        yield name, outputs[output]


def require_parsed(words: str) -> None:
    """Raise Refused for a command that the console script rejects."""
    try:
        parsed(shlex.split(words))
    except Exception as error:
        raise Refused(f"context {words}: {error}") from error


def first_deployment(folder: Path) -> str:
    """Return the README's steps."""
    readme = (folder / "README.md").read_text(encoding="utf-8")
    return readme.partition("## Deploy it\n")[2].partition("\n## ")[0]


def shell_after(world: World) -> Shell:
    """Deploy the pipeline into the stack's account, and return a shell of this account."""
    world.graphs["pipeline", "main"] = pipeline.run(pipeline.LEAST)
    world.accounts["pipeline", "main"] = PROFILES["dev"]
    world.stacks["pipeline", "main"] = ""
    names = {"<prefix>": "payment-dev", "<context>": "payment"}
    return Shell(world, re.sub("|".join(names), lambda match: names[match[0]], page("account")))


Edit = Callable[[str], str]

BUCKET: Final = "bucket=$(pulumi stack output inbox_bucket --cwd infra/service --stack <stack>)\n"
MACHINE: Final = "aws stepfunctions describe-state-machine --state-machine-arn <machine>"
ROLE: Final = f"role=$({MACHINE} --query roleArn --output text)"
DEFINITION: Final = "| jq .States.MarkImported > state.json"
VAULT: Final = "   aws backup create-backup-vault --backup-vault-name <name> --encryption-key-arn <key>\n"
BACKUPS: Final = (
    "aws backup list-recovery-points-by-backup-vault --backup-vault-name <prefix>-backup \\\n"
    "  --query 'RecoveryPoints[0].RecoveryPointArn' --output text\n"
)
MAPPINGS: Final = "aws lambda list-event-source-mappings --function-name <prefix>-relay-events:live     # the UUID\n"
FAULTS: Final[Mapping[str, tuple[Edit, str]]] = {
    "no region": (replaced("and `AWS_REGION` set to", "and"), "region"),
    "an unknown output": (replaced("stack output inbox_bucket", "stack output bucket"), "output property"),
    "an unknown output of a placeholder": (replaced("output `state_machine`", "output `machine`"), "no output"),
    "a missing variable": (replaced(BUCKET), "bucket: unbound"),
    "a misspelt option": (replaced("--attribute-names Approx", "--attributes Approx"), "--attributes"),
    "a missing file": (replaced("`list.csv` is a list", "A list"), "list.csv does not exist"),
    "a command before its variable": (moved(ROLE, after='"list_id": "none"}\''), "role: unbound"),
    "a command before its file": (replaced(DEFINITION), "paramfile"),
    "another state": (replaced("jq .States.MarkImported", "jq .States.MarkedImported"), "null"),
    "the name of another function": (replaced("<prefix>-relay-events:live", "<prefix>-relay:live"), "no resource"),
    "a topic that does not exist": (replaced("Value=<prefix>-events", "Value=<prefix>-event"), "no resource"),
    "an alarm that does not exist": (replaced("<prefix>-dead-letters-critical", "<prefix>-dead-critical"), "resource"),
    "a bucket of another name": (replaced("s3://<prefix>-given-up-<...>", "s3://<prefix>-given-<...>"), "no resource"),
    "an undefined ARN": (replaced("whose ARN is\n`<arn>`", "at once"), "<arn>: the text has no value"),
    "an id without its command": (replaced(MAPPINGS), "<uuid>: the text has no value"),
    "a value that the settings refuse": (replaced("backup: vault ", "backup: vaults "), "backup"),
    "an unknown setting": (replaced("<context>:backup_days", "<context>:backup_day"), "unknown settings"),
    "a lock before its vault": (replaced(VAULT), "not found"),
    "the wrong account": (replaced("Create the vault `<name>` in the other account", "Create the vault"), "copies"),
    "the id of another job": (replaced("`<id>` is the `RestoreJobId`", "`<id>` is an id"), "RestoreJobId"),
    "a table before its restore": (replaced("Write `restore_test` as", "Write `restored` as"), "ResourceNotFound"),
    "the backup of another account": (replaced(BACKUPS), "RecoveryPointArn"),
    "no account of the commands": (replaced("*Try*, in the other account:", "*Try*:"), "copies"),
    "a stack that still has resources": (replaced("`pulumi destroy --cwd", "`pulumi preview --cwd"), "resources"),
    "no program": (replaced("pulumi stack rm <stack> --cwd infra/service", "pulumi stack rm <stack>"), "no project"),
    "an unknown option of the console script": (replaced("<list_id> --go\n", "<list_id> --send\n"), "--send"),
}
"""Edits of the page, each with a part of the refusal."""

EARLY: Final = ("no region", "an unknown output", "a missing variable")
"""The faults that the default tests plant; the others are planted each night."""


def planted(fault: str) -> str:
    """Return the page's introduction, and the sections in which the fault is."""
    text = page("account")
    edited = FAULTS[fault][0](text)
    sections = zip(text.split("\n## "), edited.split("\n## "), strict=True)
    first, *others = [(new, new != old) for old, new in sections]
    assert edited != text
    return "\n## ".join([first[0], *(new for new, is_edited in others if is_edited or first[1])])


def require_found(fault: str, shell: Shell) -> None:
    """The page with the fault is refused, by its reason."""
    with pytest.raises(Refused, match=FAULTS[fault][1]):
        Reader(planted(fault), shell).read()


def require_credentials_needed(world: World) -> None:
    """Each command of the console script that calls AWS is refused without credentials."""
    world.variables = {}
    for line in ("deploy dev", "list close dev 0a1b", "redrive dev", "rollout start dev", "smoke-account smoke"):
        with pytest.raises(Refused):
            world.context(line.split())


@pytest.fixture
def moto_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto without the INSERT that the session's server gets for other tests of the same process."""

    def lacking(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(DynamoDBBackend, "batch_execute_statement", lacking)


@pytest.mark.slow
@pytest.mark.usefixtures("moto_as_it_is")
def test_the_readme_and_the_page_of_an_account_are_executed(repository: Path) -> None:
    """One account, without the program of an account; the operations that moto lacks are listed with a reason."""
    world = follow(first_deployment(repository), repository, PROFILES)
    assert world.graphs.keys() == {STACK}
    shell = shell_after(world)
    shell.spared = SPARED
    for fault in EARLY:
        require_found(fault, shell)
    require_credentials_needed(world)
    shell.lacking.clear()
    Reader(page("account"), shell).read()
    assert shell.lacking == LACKING.keys() | SPARED_OPERATIONS


def test_the_readme_needs_its_region(repository: Path) -> None:
    """Its first command is refused without it."""
    with pytest.raises(Refused, match="AWS_REGION"):
        follow(re.sub(r" AWS_REGION=\S+", "", first_deployment(repository)), repository, PROFILES)


@pytest.mark.nightly
def test_moto_lacks_the_listed_operations_only(repository: Path) -> None:
    """Also with the services whose modules take seconds to import."""
    shell = shell_after(follow(first_deployment(repository), repository, PROFILES))
    Reader(page("account"), shell).read()
    assert shell.lacking == LACKING.keys()


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_page_is_detected(fault: str, repository: Path) -> None:
    """Other names, orders, outputs, options, accounts and settings, and missing variables and files."""
    require_found(fault, shell_after(follow(first_deployment(repository), repository, PROFILES)))
