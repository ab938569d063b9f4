"""AWS's and Pulumi's CLI accept each command line of the pages, and a page defines the names in its commands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bounded_context.declaration.structure import EXPORT_FILES
from bounded_context.domain.spelling import kebab
from cloud_commands import NEWER, PULUMI, lines, rejected, undefined
from test_page_commands import PAGES

from template.library import CODE
from template.names import REPOSITORY

DOCS = CODE["cli"] / "docs"
DEFINING = ("account", "accounts", "audit", "merging", "partners", "releases", "runbook")
"""The pages whose blocks contain no name that the page has not defined before."""
GOLDEN = Path(__file__).parent / "graphs" / "golden"
FUNCTION = re.compile(r"--function-name ([^\s`]+)")


def unknown(names: list[str], known: set[str]) -> list[str]:
    """Return the names that no stack's function has. A page's `<prefix>`, or that of Payment's `prod`, comes first."""
    parts = (re.fullmatch(r"(?:<prefix>|payment-prod)-([\w-]+|<function>)(?::live)?", name) for name in names)
    known |= {"<function>"}
    return [name for name, part in zip(names, parts, strict=True) if part is None or part[1] not in known]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_the_command_lines_of_other_tools_are_accepted(page: Path) -> None:
    """Operations, options and fields of queries are in botocore's models, and commands and options in Pulumi's help."""
    command_lines = lines(page.read_text(encoding="utf-8"))
    assert [reason for line, complete in command_lines for reason in rejected(line, complete=complete)] == []


@pytest.mark.parametrize("name", DEFINING)
def test_the_names_in_commands_are_defined_before(name: str) -> None:
    """Variables are assigned, and placeholders occur in the text above their block."""
    assert list(undefined((DOCS / f"{name}.md").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("aws sqs get-queue-attribute --queue-url <url>", ["sqs has no operation get-queue-attribute"]),
        ("aws sqs get-queue-attributes --queue <url>", ["--queue is no option", "--queue-url is missing"]),
        ("aws logs tail /aws/lambda/x --last 15m", ["--last is no option"]),
        ("aws dynamodb wait table-exist --table-name x", ["dynamodb has no waiter table-exist"]),
        ("aws sqs list-queues --query 'QueueUrls['", ["Incomplete expression:"]),
        ("aws sqs list-queues --query 'sort(QueueUris)[-1]'", ["no answer has QueueUris"]),
        (
            "aws stepfunctions list-executions --state-machine-arn x --status-filter OK",
            ["--status-filter is none of"],
        ),
        ("x=$(aws sqs get-queue --queue-name x)", ["sqs has no operation get-queue"]),
        ("pulumi refresh && pulumi stack initialise dev --secrets-provider x", ["--secrets-provider is no option"]),
        ("pulumi state remove x", ["Pulumi has no such command"]),
        ("aws lambda invoke --function-name x --payload '{}' out.json", ["--payload is no base64"]),
        ("aws lambda invoke --function-name x --payload e30= out.json", []),
        ("aws lambda invoke --function-name x --payload '{}' --cli-binary-format raw-in-base64-out out.json", []),
        ("aws sns subscribe --topic-arn <arn> --protocol email --notification-endpoint x", []),
        ("aws lambda update-event-source-mapping --uuid <uuid> --no-enabled | jq .", []),
    ],
)
def test_a_misspelt_command_is_rejected(line: str, wrong: list[str]) -> None:
    """Also in a substitution, and after another command."""
    texts = rejected(line, complete=True)
    assert len(texts) == len(wrong)
    assert all(reason in text for reason, text in zip(wrong, texts, strict=True))


def test_an_undefined_name_is_reported() -> None:
    """A later definition, and a variable without an assignment."""
    block = '```sh account\naws s3 ls s3://$bucket/<partner>/<a day>\nrole=x\necho "$role"\n```\n'
    assert list(undefined(f"Text.\n\n{block}\n`<partner>` is a partner.\n")) == ["$bucket", "<partner>"]
    assert list(undefined(f"`$bucket` has a folder for each `<partner>`.\n\n{block}")) == []


def test_function_names_are_those_of_a_stack() -> None:
    """They begin with the prefix, and a recorded graph has the function. Another prefix or function is reported."""
    urns = "".join(path.read_text(encoding="utf-8") for path in GOLDEN.rglob("*.txt"))
    known = {*re.findall(r"aws:lambda/function:Function::([\w-]+)", urns), kebab(EXPORT_FILES)}
    named = [name for page in DOCS.glob("*.md") for name in FUNCTION.findall(page.read_text(encoding="utf-8"))]
    assert len(named) > 5
    assert unknown(named, known) == []
    assert unknown(["<context>-<stack>-sweep:live", "<prefix>-sweeper", "<prefix>-<function>:live"], {"sweep"}) == [
        "<context>-<stack>-sweep:live",
        "<prefix>-sweeper",
    ]


def test_newer_options_are_not_in_the_installed_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later botocore has them: remove their entry."""
    for (service, operation), options in dict(NEWER).items():
        monkeypatch.delitem(NEWER, (service, operation))
        for option in options:
            assert rejected(f"aws {service} {operation} --{option} x", complete=False)


@pytest.mark.parametrize("command", PULUMI)
def test_pulumis_own_cli_has_the_options(command: str) -> None:
    """It parses all options before it prints the help."""
    if (cli := shutil.which("pulumi")) is None:
        pytest.skip("pulumi is not on the PATH: see https://www.pulumi.com/docs/install/")
    options = [f"--{name}=true" for name in ("cwd", *PULUMI[command].split())]
    result = subprocess.run([cli, *command.split(), *options, "--help"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
