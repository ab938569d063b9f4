"""The stack of the failed call: reads only. Everything that it returns is masked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bounded_context.adapters.items import KEY, TRACEPARENT
from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat, Formats
from bounded_context_cli.command.clock import Clock
from bounded_context_cli.repair.erase.stack import Stack

from .masked_objects import masked_object
from .masking import masked

Item = dict[str, Any]
"""An item with DynamoDB's types."""


@dataclass(frozen=True)
class Production:
    """A deployed stack.

    `functions` has the ARNs of the aliases. `clients` has the AWS clients by service. They exist before the call,
    because the call replaces this process's AWS variables.
    """

    stack: Stack
    functions: Mapping[str, str]
    context: Context[Any]
    clients: Mapping[str, Any]
    clock: Clock

    def masked(self, document: Any) -> Any:
        """Return a document without personal data."""
        return masked(document, self.context.personal)

    def item(self, key: str) -> Item | None:
        """Return an item of the table as it is now, or None."""
        tables = self.clients["dynamodb"]
        found = tables.get_item(TableName=self.stack.table, Key={KEY: {"S": key}}, ConsistentRead=True)
        return self.masked(found.get("Item"))

    def keys(self, query: Mapping[str, Any]) -> Iterator[str]:
        """Yield the keys of the items that a query of the table or of an index returns."""
        answer = self.clients["dynamodb"].query(**{**query, "TableName": self.stack.table})
        return (item[KEY]["S"] for item in answer["Items"])

    def traced(self, trace_id: str) -> Iterator[Item]:
        """Yield the items whose last change belongs to a trace. This reads the whole table."""
        pages = (
            self.clients["dynamodb"]
            .get_paginator("scan")
            .paginate(
                TableName=self.stack.table,
                FilterExpression="contains(#trace, :id)",
                ExpressionAttributeNames={"#trace": TRACEPARENT},
                ExpressionAttributeValues={":id": {"S": trace_id}},
            )
        )
        return (self.masked(item) for page in pages for item in page["Items"])

    def object(self, key: str, version: str | None = None) -> bytes:
        """Return an object of the inbox, or one of its versions."""
        place = {"Bucket": self.stack.inbox, "Key": key} | ({"VersionId": version} if version else {})
        return masked_object(key, self.clients["s3"].get_object(**place)["Body"].read(), self.context, self._formats)

    @cached_property
    def _formats(self) -> Formats:
        """The formats of the partners' files, as the deployed function reads them."""
        _, validate, *_ = self.context.steps
        # A stack of an earlier version has no formats.
        variables = self.variables(validate) if validate in self.functions else {}
        formats = json.loads(variables.get("FORMATS", "{}"))
        return Formats({partner: FileFormat(**settings) for partner, settings in formats.items()})

    def objects(self, folder: str) -> Iterator[str]:
        """Yield the keys of the objects in a folder of the inbox."""
        pages = (
            self.clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=self.stack.inbox, Prefix=f"{folder}/")
        )
        return (found["Key"] for page in pages for found in page.get("Contents", []))

    def variables(self, function: str) -> Mapping[str, str]:
        """Return the environment variables of a deployed function."""
        found = self.clients["lambda"].get_function_configuration(FunctionName=self.functions[function])
        return found.get("Environment", {}).get("Variables", {})
