"""The inbox: a guarded bucket, and SFTP as the stack's settings choose."""

import json

import pytest

from bounded_context.application.inbound import REACH
from bounded_context_infra import SettingError
from bounded_context_infra.configuration.list_settings import SHARED_PARTNERS_LIMIT

from .graph import CONTEXT, PARTNERS, Graph, Node, run

REDRIVABLE_DAYS = 14
"""For so long after its end an execution may be redriven (AWS, "Restarting state machine executions with redrive")."""

SHARED_SERVER = "s-1111aaaa2222bbbb3"


def _rules(graph: Graph) -> list[Node]:
    """What waits for uploads; the stream's readers have rules of their own."""
    return [rule for rule in graph.rules() if not rule.name.endswith("-lost")]


def _targets(graph: Graph) -> list[Node]:
    """What the rules call, by name; a schedule's target is none of them."""
    named = {rule.inputs["name"] for rule in _rules(graph)}
    return [target for target in graph.of("cloudwatch/eventTarget") if target.inputs["rule"] in named]


def test_the_bucket_keeps_versions_and_is_closed_to_the_public(prod: Graph) -> None:
    """A list is read by the version that arrived; no object can be made public."""
    assert prod.one("s3/bucketVersioning", "inbox-versioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    block = prod.one("s3/bucketPublicAccessBlock", "inbox-public-access").inputs
    for setting in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        assert block[setting] is True
    assert prod.one("s3/bucketOwnershipControls", "inbox-ownership").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }


def test_temporary_objects_expire(prod: Graph) -> None:
    """Staging objects, old versions and unfinished uploads cost nothing for long; what partners sent stays."""
    rules = {
        rule["id"]: rule for rule in prod.one("s3/bucketLifecycleConfiguration", "inbox-lifecycle").inputs["rules"]
    }
    assert rules["staging"]["filter"] == {"prefix": "staging/"}
    assert rules["leftovers"]["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert rules["leftovers"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 2}
    assert "days" not in rules["leftovers"]["expiration"]


def test_staging_outlives_every_redrive_that_may_need_it(prod: Graph) -> None:
    """An execution that ran its full time, redriven on the last day, fails again and is redriven on the last day."""
    day = 24 * 60 * 60
    runs = prod.one("sfn/stateMachine").document("definition")["TimeoutSeconds"] / day
    rules = {
        rule["id"]: rule for rule in prod.one("s3/bucketLifecycleConfiguration", "inbox-lifecycle").inputs["rules"]
    }
    assert rules["staging"]["expiration"]["days"] >= 2 * (runs + REDRIVABLE_DAYS)


def test_files_of_partners_are_kept_for_the_days_of_the_settings() -> None:
    """Personal data need not stay; the empty objects that are folders do."""
    graph = run("prod", sftp="dedicated", partners=PARTNERS, incoming_days=90, reports_days=30)
    rules = {
        rule["id"]: rule for rule in graph.one("s3/bucketLifecycleConfiguration", "inbox-lifecycle").inputs["rules"]
    }
    assert {name: rules[name]["expiration"] for name in ("incoming", "reports")} == {
        "incoming": {"days": 90},
        "reports": {"days": 30},
    }
    for name in ("incoming", "reports"):
        assert rules[name]["filter"] == {"and": {"prefix": f"{name}/", "objectSizeGreaterThan": 1}}


def test_without_a_number_uploads_and_reports_are_kept_for_a_year(prod: Graph) -> None:
    """The sweep lists all uploads: their number is bounded. Reports quote what persons wrote."""
    rules = prod.one("s3/bucketLifecycleConfiguration", "inbox-lifecycle").inputs["rules"]
    assert [rule["id"] for rule in rules] == ["staging", "incoming", "reports", "leftovers"]
    assert [rule["expiration"] for rule in rules[1:3]] == [{"days": 365}] * 2


def test_uploads_are_kept_for_as_long_as_the_sweep_looks_for_them() -> None:
    """Whatever a stack says."""
    run("prod", incoming_days=REACH.days)
    with pytest.raises(SettingError):
        run("prod", incoming_days=REACH.days - 1)


def test_a_dedicated_server_speaks_sftp_alone_and_no_old_algorithm(prod: Graph) -> None:
    """The stack owns a server with managed users, the newest security policy and logs of its own."""
    server = prod.one("transfer/server").inputs
    assert server["protocols"] == ["SFTP"]
    assert server["identityProviderType"] == "SERVICE_MANAGED"
    assert server["securityPolicyName"] == "TransferSecurityPolicy-2025-03"
    assert server["structuredLogDestinations"] == [prod.one("cloudwatch/logGroup", "sftp-logs").arn + ":*"]


def test_a_dedicated_server_prints_its_price_once(prod: Graph, shared: Graph, without_sftp: Graph) -> None:
    """The user who chose the endpoint sees its price at every update; others see nothing."""
    assert [line for line in prod.log if "0.30 USD an hour" in line] == prod.log
    assert len(prod.log) == 1
    assert shared.log == without_sftp.log == []


def test_a_partner_logs_in_by_key_and_sees_two_folders(prod: Graph) -> None:
    """The home is logical: a partner does not see the bucket's layout."""
    user = prod.one("transfer/user", "sftp-acme").inputs
    bucket = prod.outputs["inbox_bucket"]
    assert user["homeDirectoryType"] == "LOGICAL"
    assert user["homeDirectoryMappings"] == [
        {"entry": "/incoming", "target": f"/{bucket}/incoming/acme"},
        {"entry": "/reports", "target": f"/{bucket}/reports/acme"},
    ]
    (key,) = prod.of("transfer/sshKey")
    assert (key.inputs["userName"], key.inputs["body"].split()[0]) == ("acme", "ssh-ed25519")


def test_a_new_partner_finds_its_folders(prod: Graph, shared: Graph, without_sftp: Graph) -> None:
    """Our own server makes them; what another stack's server does nobody knows, so there they are made."""
    assert prod.one("transfer/server").inputs["s3StorageOptions"] == {"directoryListingOptimization": "ENABLED"}
    assert prod.of("s3/bucketObjectv2") == without_sftp.of("s3/bucketObjectv2") == []
    folders = [node.inputs for node in shared.of("s3/bucketObjectv2")]
    assert {folder["bucket"] for folder in folders} == {shared.outputs["inbox_bucket"]}
    targets = {
        mapping["target"] for user in shared.of("transfer/user") for mapping in user.inputs["homeDirectoryMappings"]
    }
    assert {f"/{folder['bucket']}/{folder['key']}" for folder in folders} == {f"{target}/" for target in targets}
    assert all("content" not in folder and "source" not in folder for folder in folders)


def test_partners_of_a_shared_server_are_users_of_it(shared: Graph) -> None:
    """The stack makes no server and logs in its partners at the given one."""
    assert shared.of("transfer/server") == []
    assert {user.inputs["serverId"] for user in shared.of("transfer/user")} == {SHARED_SERVER}
    assert shared.outputs["sftp"]["server_id"] == SHARED_SERVER
    assert shared.outputs["sftp"]["endpoint"].startswith(f"{SHARED_SERVER}.server.transfer.")


def test_without_sftp_the_buckets_own_events_start_the_import(without_sftp: Graph) -> None:
    """No server, no users: S3 tells EventBridge."""
    assert [node.kind for node in without_sftp.nodes if node.kind.startswith("transfer/")] == []
    assert without_sftp.one("s3/bucketNotification", "inbox-events").inputs["eventbridge"] is True
    assert without_sftp.outputs["sftp"] is None
    assert without_sftp.outputs["upload_event_source"] == "aws.s3"
    pattern = _rules(without_sftp)[0].document("eventPattern")
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail"]["bucket"]["name"] == [without_sftp.outputs["inbox_bucket"]]


def test_with_sftp_the_buckets_events_are_not_used(prod: Graph) -> None:
    """S3 reports interrupted uploads too, so only Transfer says that a file is complete."""
    assert not [node for node in prod.of("s3/bucketNotification") if node.name == "inbox-events"]
    sources = {source for rule in _rules(prod) for source in rule.document("eventPattern")["source"]}
    assert sources == {"aws.transfer"}


def test_the_local_stack_only_changes_the_source_of_the_events() -> None:
    """Locally the same rules listen to a source that a caller may use."""
    local = run("local", sftp="dedicated", upload_event_source="local.transfer", partners=PARTNERS)
    rules = [rule.document("eventPattern") for rule in _rules(local)]
    assert {tuple(pattern["source"]) for pattern in rules} == {("local.transfer",)}
    assert local.outputs["upload_event_source"] == "local.transfer"


def test_a_shared_server_without_partners_has_no_rule_yet_keeps_its_outputs(without_partners: Graph) -> None:
    """Nobody can upload for this stack, so nothing may start it."""
    assert _rules(without_partners) == []
    assert without_partners.outputs["dead_letter_queues"]["uploads"]


def test_rules_fit_eventbridge_however_many_partners_there_are(prod: Graph, shared: Graph) -> None:
    """Only on a shared server must a rule name its users; EventBridge takes 2,048 characters."""
    assert all("username" not in rule.inputs["eventPattern"] for rule in _rules(prod))
    assert all("username" in rule.inputs["eventPattern"] for rule in _rules(shared))
    named = max(len(rule.inputs["eventPattern"]) for rule in _rules(shared))
    assert named + SHARED_PARTNERS_LIMIT < 2048


def test_an_undelivered_event_is_retried_for_a_day_and_then_kept(prod: Graph) -> None:
    """Each target has retries and a dead-letter queue that takes from the rules alone."""
    queue = prod.one("sqs/queue", "uploads-dead-letters")
    for target in _targets(prod):
        assert target.inputs["retryPolicy"] == {"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 185}
        assert target.inputs["deadLetterConfig"] == {"arn": queue.arn}
    (allowed,) = [
        s
        for s in prod.one("sqs/queuePolicy", "uploads-dead-letters-policy").document()["Statement"]
        if s["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert sorted(allowed["Condition"]["ArnEquals"]["aws:SourceArn"]) == sorted(rule.arn for rule in _rules(prod))


def test_no_import_is_started_before_the_machine_may_do_its_work(prod: Graph, without_sftp: Graph) -> None:
    """On the first deployment a file may arrive while the stack is still being made."""
    for graph in (prod, without_sftp):
        role = graph.one("iam/role", "list-import").inputs["name"]
        needed = {node.urn for node in graph.of("iam/rolePolicy") if node.inputs["role"] == role}
        # What the machine itself waits for, its alias and so the target wait for.
        needed -= graph.one("sfn/stateMachine").dependencies
        assert len(needed) > len(CONTEXT.steps)
        assert _targets(graph)
        for target in _targets(graph):
            assert needed <= target.dependencies, target.name


def test_inputs_stay_json_for_any_file_name(prod: Graph) -> None:
    """Values are not quoted in the template, so EventBridge encodes them."""
    for target in _targets(prod):
        transformer = target.inputs["inputTransformer"]
        template: str = transformer["inputTemplate"]
        for name in transformer["inputPaths"]:
            assert f'"<{name}>"' not in template
            template = template.replace(f"<{name}>", json.dumps('a "quoted" name'))
        assert json.loads(template)
