"""Checks of tables, buckets, backups and SFTP servers."""

from collections.abc import Iterator, Mapping
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node

from .policies import of_resource
from .register import check


def _keys(node: Node) -> set[str]:
    """Return the attributes that are keys of a table or of its indexes."""
    indexes = node.inputs.get("globalSecondaryIndexes") or []
    of_indexes = {key["attributeName"] for index in indexes for key in index.get("keySchemas", ())}
    own = {place.get(name) for place in (node.inputs, *indexes) for name in ("hashKey", "rangeKey")}
    return of_indexes | {name for name in own if name}


@check("dynamodb-declared-keys")
def _declared(graph: Graph) -> Iterator[str]:
    for node in graph.of("dynamodb/table"):
        if {attribute["name"] for attribute in node.inputs["attributes"]} != _keys(node):
            yield node.name


@check("dynamodb-projected-attributes")
def _projected(graph: Graph) -> Iterator[str]:
    for node in graph.of("dynamodb/table"):
        indexes = node.inputs.get("globalSecondaryIndexes") or []
        if sum(len(index.get("nonKeyAttributes") or ()) for index in indexes) > 100:
            yield node.name


@check("s3-lock-needs-versions")
def _locked(graph: Graph) -> Iterator[str]:
    versioned = {
        node.inputs["bucket"]
        for node in graph.of("s3/bucketVersioning")
        if node.inputs["versioningConfiguration"]["status"] == "Enabled"
    }
    locks = graph.of("s3/bucketObjectLockConfiguration")
    return (node.name for node in locks if node.inputs["bucket"] not in versioned)


@check("s3-lifecycle-rules")
def _lifecycles(graph: Graph) -> Iterator[str]:
    for node in graph.of("s3/bucketLifecycleConfiguration"):
        ids = [rule["id"] for rule in node.inputs["rules"]]
        if len(ids) > 1000 or len(set(ids)) < len(ids) or any(len(rule_id) > 255 for rule_id in ids):
            yield node.name


def _rules(graph: Graph) -> Iterator[tuple[Node, Mapping[str, Any]]]:
    for node in graph.of("s3/bucketLifecycleConfiguration"):
        yield from ((node, rule) for rule in node.inputs["rules"])


@check("s3-lifecycle-markers")
def _markers(graph: Graph) -> Iterator[str]:
    for node, rule in _rules(graph):
        expiration = rule.get("expiration", {})
        if expiration.get("expiredObjectDeleteMarker") and {"days", "date"} & expiration.keys():
            yield node.name


@check("s3-lifecycle-filter")
def _filters(graph: Graph) -> Iterator[str]:
    return (node.name for node, rule in _rules(graph) if len(rule.get("filter", {})) > 1)


@check("s3-lifecycle-tags")
def _tagged(graph: Graph) -> Iterator[str]:
    for node, rule in _rules(graph):
        markers = rule.get("expiration", {}).get("expiredObjectDeleteMarker")
        condition = rule.get("filter", {})
        tagged = {"tag", "tags"} & {*condition, *condition.get("and", {})}
        if tagged and (markers or "abortIncompleteMultipartUpload" in rule):
            yield node.name


@check("backup-retention-of-a-locked-vault")
def _retained(graph: Graph) -> Iterator[str]:
    locks = {node.inputs["backupVaultName"]: node.inputs for node in graph.of("backup/vaultLockConfiguration")}
    for plan, rule in _backups(graph):
        least = locks.get(rule["targetVaultName"], {}).get("minRetentionDays", 0)
        if rule.get("lifecycle", {}).get("deleteAfter", least) < least:
            yield plan.name


@check("backup-cold-storage")
def _cold(graph: Graph) -> Iterator[str]:
    for plan, rule in _backups(graph):
        for lifecycle in (action.get("lifecycle", {}) for action in (rule, *rule.get("copyActions", ()))):
            cold = lifecycle.get("coldStorageAfter")
            if cold and lifecycle.get("deleteAfter", cold + 90) < cold + 90:
                yield plan.name


@check("backup-tagged-recovery-points")
def _tagging(graph: Graph) -> Iterator[str]:
    roles = {node.arn: node.inputs["name"] for node in graph.of("iam/role")}
    for node in graph.of("backup/selection"):
        role = roles[node.inputs["iamRoleArn"]]
        if not any(
            "backup:TagResource" in statement["Action"]
            for statement in of_resource(graph, "iam/rolePolicy", "role", role)
        ):
            yield node.name


@check("backup-copy-metrics")
def _copy_metrics(graph: Graph) -> Iterator[str]:
    copies = (copy["destinationVaultArn"] for _, rule in _backups(graph) for copy in rule.get("copyActions", ()))
    vaults = {arn.rpartition(":")[2] for arn in copies}
    for node in graph.of("cloudwatch/metricAlarm"):
        copied = node.inputs.get("namespace") == "AWS/Backup" and "CopyJobs" in node.inputs["metricName"]
        if copied and node.inputs["dimensions"]["BackupVaultName"] not in vaults:
            yield node.name


def _backups(graph: Graph) -> Iterator[tuple[Node, Mapping[str, Any]]]:
    for plan in graph.of("backup/plan"):
        yield from ((plan, rule) for rule in plan.inputs["rules"])


@check("backup-selected-resources")
def _selected(graph: Graph) -> Iterator[str]:
    for node in graph.of("backup/selection"):
        resources = node.inputs.get("resources") or []
        if len(resources) > (30 if any("*" in resource for resource in resources) else 500):
            yield node.name


@check("transfer-logical-directories")
def _directories(graph: Graph) -> Iterator[str]:
    for node in graph.of("transfer/user"):
        if "homeDirectoryMappings" in node.inputs and node.inputs.get("homeDirectoryType") != "LOGICAL":
            yield node.name


@check("transfer-addresses")
def _addresses(graph: Graph) -> Iterator[str]:
    for node in graph.of("transfer/server"):
        details = node.inputs.get("endpointDetails", {})
        addresses = details.get("addressAllocationIds", ())
        if addresses and (node.inputs["endpointType"] != "VPC" or len(addresses) != len(details["subnetIds"])):
            yield node.name
