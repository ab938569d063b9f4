"""Every graph that is checked against AWS's models: all shapes, stacks and pipelines, the extremes, the consumer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bounded_context_cli.programs.recording import ACCOUNT, REGION, Graph, Program
from bounded_context_infra.configuration.access import AccountAccess, EvidenceAccess
from bounded_context_infra.configuration.labels import NAME_LIMIT, Labels
from tests.infra.contexts import DEFAULT, EXPORTS, HEARD, LARGE, REACTING, SHAPES
from tests.infra.graph import CONTEXT, DELIVERED, NETWORK, STACKS, run, run_context, run_shape
from tests.pipeline import program

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0f5a1c2e-1111-2222-3333-444455556666"
CONSUMER = Program(Path(__file__).parents[3] / "examples" / "consumer" / "infra", "consumer")

FORMAT = {"delimiter": ";", "encoding": "windows-1252", "decimal": ",", "date": "DD.MM.YYYY", "compression": "gzip"}
LONG_PARTNERS = {
    f"p{number}{'x' * (32 - len(f'p{number}'))}": {"public_keys": [], "format": FORMAT} for number in range(12)
}
EVERYTHING: Mapping[str, Any] = {
    **NETWORK,
    "sftp_security_policy": "TransferSecurityPolicy-SshAuditCompliant-2025-02",
    "partners": {
        **{name: {**partner, "addresses": ["203.0.113.7"]} for name, partner in LONG_PARTNERS.items()},
        "acme": {
            "public_keys": [
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK acme laptop"
            ],
            "addresses": ["198.51.100.0/24"],
        },
    },
    "temporary_names": [f".{'x' * 30}{number}" for number in range(9)],
    "malware": "guardduty",
    "incoming_days": 3650,
    "reports_days": 1,
    "tolerated_share": 1,
    "max_list_mb": 200,
    "part_rows": 250,
    "import_concurrency": 100,
    "stream_parallelization_factor": 10,
    "reserved_concurrency": dict.fromkeys(DEFAULT.platform_functions, 10_000),
    "snap_start": True,
    "log_retention_days": 3653,
    "log_key_arn": KEY,
    "permissions_boundary": f"arn:aws:iam::111122223333:policy/{'b' * 128}",
    "code_signing": f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0",
    "backup": "vault",
    "backup_copy": f"arn:aws:backup:eu-west-1:111122223333:backup-vault:{'b' * 50}",
    "backup_days": 3650,
    "debug_percent": 100,
    "rollout_strategy": "Canary99Percent2880Minutes",
    "latency_alarms": dict.fromkeys(DEFAULT.command_functions, 900_000),
    "release_alarms": [f"{number}{'!' * 254}" for number in range(7)],
    "thresholds": {
        "duration_percent": 99,
        "queue_age_minutes": 10_079,
        "stream_age_minutes": 1439,
        "unfinished_list_minutes": 1440,
        "rejected_lists": 1000,
        "unapproved_list_hours": 336,
    },
    "objectives": {"import_minutes": 1440, "import_percent": 99.99, "command_percent": 99.999},
    "expect_list_hours": 168,
    "runbook_url": f"https://{'r' * 500}",
    "trace_percent": 100,
    "filters": {DEFAULT.subscribers[0]: [DEFAULT.events[0]]},
    "consumes": {
        "order": {"topic": "/order/dev/topic-arn", "created_by": ["OrderPlaced"], "deleted_by": ["OrderDropped"]},
        "customer": {"topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{'c' * 256}", "created_by": ["T" * 128]},
        **{
            f"neighbour-{number}": {"topic": f"arn:aws:sns:{REGION}:22223333444{number}:events", "created_by": ["Made"]}
            for number in range(10)
        },
    },
    "subscriber_accounts": ["444455556666", "777788889999"],
    "api_jwt": {"issuer": "https://issuer.example.org/pool", "audience": [f"a{number}" for number in range(50)]},
    "api_cors_origins": ["https://app.example.org", "http://localhost:3000"],
    "api_throttle": {"rate": 10_000, "burst": 5000},
    "api_objectives": {"answered_percent": 99.999, "latency_ms": 30_000},
    "api_route_metrics": True,
}
"""Every setting, with the longest, the most or the largest that it takes."""

LEAST: Mapping[str, Any] = {
    "sftp": "none",
    "partners": {},
    "temporary_names": [],
    "incoming_days": 14,
    "max_list_mb": 1,
    "import_concurrency": 1,
    "stream_parallelization_factor": 1,
    "reserved_concurrency": {"relay_events": 1},
    "log_retention_days": 1,
    "debug_percent": 0,
    "thresholds": {
        "duration_percent": 1,
        "queue_age_minutes": 1,
        "stream_age_minutes": 1,
        "unfinished_list_minutes": 1,
        "rejected_lists": 0,
        "unapproved_list_hours": 0,
    },
    "objectives": {"import_minutes": 1, "import_percent": 95, "command_percent": 95},
    "expect_list_hours": 1,
    "trace_percent": 0,
    "api_throttle": {"rate": 1, "burst": 1},
    "api_objectives": {"answered_percent": 95, "latency_ms": 1},
    "rollout_strategy": "Linear1PercentEvery1Minutes",
}
"""The least that they take."""

SHARED: Mapping[str, Any] = {
    "sftp": "shared",
    "sftp_server_id": "s-0123456789abcdef0",
    "partners": {f"p{number}{'x' * 20}": {"public_keys": []} for number in range(40)},
}
"""A server that others use too: its rule names all partners."""


def _longest_stack() -> str:
    """The longest name of a stack with which all names of the default context are taken."""
    longest = max(len(node.outputs["name"]) for node in run("prod").of("lambda/function"))
    return "s" * (NAME_LIMIT - longest + len("prod"))


def _in_the_longest_stack() -> Graph:
    """The default context, with the settings of production."""
    config = CONTEXT_PROGRAM.config("prod")
    return CONTEXT_PROGRAM.run_with(_longest_stack(), config)


def _longest_pipeline() -> Graph:
    """An environment with the longest name, and the longest branch and repository."""
    room = NAME_LIMIT - len(Labels(CONTEXT.name, "pipeline", "").name("-codebuild-deploy")) - 10
    name = "e" * room
    return program.run(
        {
            **program.LEAST,
            "branch": "b" * 255,
            "repository": f"{'o' * 39}/{'r' * 100}",
            "environments": [{"name": name, "roles": program.roles(name, "222233334444"), "approval": True}],
        }
    )


def _account() -> Graph:
    """The program of an account with a trail and stored traces, and without roles."""
    evidence = EvidenceAccess(days=3650, contexts=["payment", "order"], regions=[REGION])
    access = AccountAccess(
        account=ACCOUNT, oidc_provider=True, boundaries={}, roles={}, state=None, evidence=evidence, traces_indexed=1
    )
    with patch("bounded_context_infra.deployer.printed", lambda _: access):
        return Program(program.FOLDER.parent / "account", f"{CONTEXT.name}-account").run("main")


CONTEXT_PROGRAM = Program(program.FOLDER.parent / "service", CONTEXT.name)

GRAPHS: Mapping[str, Callable[[], Graph]] = {
    **{f"the default as {stack}": lambda stack=stack: run(stack) for stack in STACKS},
    **{
        f"{name} as {stack}": lambda name=name, stack=stack: run_shape(name, stack)
        for name in SHAPES
        for stack in ("dev", "prod")
    },
    "with every setting": lambda: run("prod", **EVERYTHING),
    "with the least settings": lambda: run("prod", **LEAST),
    "with a partner's own server": lambda: run_context(EXPORTS, "prod", partners=DELIVERED),
    "with a reaction": lambda: run_context(REACTING, "prod", consumes=HEARD),
    "on a shared server": lambda: run("prod", **SHARED),
    "the largest, with every setting": lambda: run_context(
        LARGE, "prod", **{**EVERYTHING, "filters": {}, "latency_alarms": {}}
    ),
    "in the stack with the longest name": _in_the_longest_stack,
    "the pipeline": lambda: program.run(program.LEAST),
    "the pipeline from CodeCommit": lambda: program.run(program.CODECOMMIT, source="codecommit"),
    "the pipeline with its state in Pulumi Cloud": lambda: program.run(program.CLOUD),
    "the pipeline with the longest names": _longest_pipeline,
    "an account": _account,
    "the consumer": lambda: CONSUMER.run("dev", queue_arn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue", key_arn=KEY),
}
"""Each by what it is of."""
