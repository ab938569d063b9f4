"""Checks of archives: streams of Firehose, tables of Glue, and their projection by Athena."""

import re
from collections.abc import Iterator
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node

from .register import check

_FROM_QUERY = re.compile(r"!\{partitionKeyFromQuery:(\w+)\}")


def _streams(graph: Graph) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in graph.of("kinesis/firehoseDeliveryStream"):
        yield node.name, node.inputs["extendedS3Configuration"]


@check("firehose-converted-size")
def _sizes(graph: Graph) -> Iterator[str]:
    for name, files in _streams(graph):
        if "dataFormatConversionConfiguration" in files and files.get("bufferingSize", 5) < 64:
            yield name


@check("firehose-converted-uncompressed")
def _compressed(graph: Graph) -> Iterator[str]:
    for name, files in _streams(graph):
        if "dataFormatConversionConfiguration" in files and "compressionFormat" in files:
            yield name


@check("firehose-partition-keys")
def _partitions(graph: Graph) -> Iterator[str]:
    for name, files in _streams(graph):
        steps = files.get("processingConfiguration", {}).get("processors", ())
        parameters = [each for step in steps for each in step["parameters"]]
        queries = [each["parameterValue"] for each in parameters if each["parameterName"] == "MetadataExtractionQuery"]
        found = {key for query in queries for key in re.findall(r"(\w+) *:", query)}
        if found != set(_FROM_QUERY.findall(files.get("prefix", ""))):
            yield name


@check("firehose-partition-errors")
def _errors(graph: Graph) -> Iterator[str]:
    for name, files in _streams(graph):
        partitioned = files.get("dynamicPartitioningConfiguration", {}).get("enabled")
        if partitioned and "!{firehose:error-output-type}" not in files.get("errorOutputPrefix", ""):
            yield name


@check("glue-names-in-lower-case")
def _lower(graph: Graph) -> Iterator[str]:
    for node in graph.of("glue/catalogDatabase", "glue/catalogTable"):
        columns = node.inputs.get("storageDescriptor", {}).get("columns", ())
        names = [node.inputs["name"], *(column["name"] for column in columns)]
        if any(name != name.lower() for name in names):
            yield node.name


@check("glue-database-exists")
def _databases(graph: Graph) -> Iterator[str]:
    databases = {node.inputs["name"] for node in graph.of("glue/catalogDatabase")}
    return (node.name for node in graph.of("glue/catalogTable") if node.inputs["databaseName"] not in databases)


def _projected(graph: Graph) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """Yield each projected table, its parameters, and the names of its partition keys."""
    for node in graph.of("glue/catalogTable"):
        if _parameters(node).get("projection.enabled") == "true":
            yield node.name, _parameters(node), [key["name"] for key in node.inputs["partitionKeys"]]


def _parameters(node: Node) -> dict[str, str]:
    return node.inputs.get("parameters", {})


@check("athena-projected-partitions")
def _types(graph: Graph) -> Iterator[str]:
    for name, parameters, keys in _projected(graph):
        if not all(f"projection.{key}.type" in parameters for key in keys):
            yield name


@check("athena-location-template")
def _templates(graph: Graph) -> Iterator[str]:
    for name, parameters, keys in _projected(graph):
        template = parameters.get("storage.location.template", "")
        if not (template.endswith("/") and all(f"${{{key}}}" in template for key in keys)):
            yield name
