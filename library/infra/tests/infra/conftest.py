from typing import Any

import pytest

from .graph import ACCOUNT, CONTEXT, PARTNERS, REGION, STACKS, Graph, run


@pytest.fixture(scope="module")
def prod() -> Graph:
    """Production with a server of its own and two partners."""
    return run("prod", sftp="dedicated", partners=PARTNERS)


@pytest.fixture(scope="module")
def shared() -> Graph:
    """A stack whose partners log in at a server that another stack owns."""
    return run("staging", sftp="shared", sftp_server_id="s-1111aaaa2222bbbb3", partners=PARTNERS)


@pytest.fixture(scope="module")
def without_sftp() -> Graph:
    """A stack into whose bucket files are put directly."""
    return run("dev")


@pytest.fixture(scope="module", params=STACKS)
def any_stack(request: pytest.FixtureRequest) -> Graph:
    """Each stack as its file says."""
    return run(request.param)


@pytest.fixture(scope="module")
def without_partners() -> Graph:
    """A stack at a server that another stack owns, with nobody yet who logs in; no call is written in detail."""
    return run("staging", sftp="shared", sftp_server_id="s-1111aaaa2222bbbb3", debug_percent=0)


@pytest.fixture(scope="module")
def varied() -> Graph:
    """A stack with a value of its own, at a limit where there is one, for what the other stacks leave alone."""
    settings: dict[str, Any] = {
        "subscribers": ["audit"],
        "debug_percent": 100,
        "trace_percent": 0,
        "log_key_arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-0123456789abcdef0123456789abcdef",
        "code_signing": f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0",
        "rollout_strategy": "Canary5Percent45Minutes",
        "latency_alarms": dict.fromkeys(CONTEXT.functions, 1000),
        "release_alarms": [f"alarm-{number}" for number in range(8)],
    }
    return run("dev", **settings)


@pytest.fixture(scope="module")
def full() -> Graph:
    """A stack with every alarm that there is, with limits and promises and a way to release of its own."""
    settings: dict[str, Any] = {
        "sftp": "dedicated",
        "partners": PARTNERS,
        "debug_percent": 0.5,
        "rollout_strategy": "Linear25PercentEvery4Minutes",
        "latency_alarms": {CONTEXT.functions[0]: 800},
        "release_alarms": ["complaints"],
        "expect_list_hours": 168,
        "malware": "guardduty",
        "backup": "vault",
        "backup_copy": "arn:aws:backup:eu-west-1:999988887777:backup-vault:copies",
        "runbook_url": "https://example.org/runbook.md",
        "thresholds": {
            "duration_percent": 50,
            "queue_age_minutes": 7,
            "stream_age_minutes": 3,
            "unfinished_list_minutes": 90,
            "rejected_lists": 0,
            "unapproved_list_hours": 1,
        },
        "objectives": {"import_minutes": 20, "import_percent": 98, "command_percent": 99.5},
    }
    return run("prod", **settings)
