"""An analyst, who queries the archive of a run with Athena."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from bounded_context_cli.command.output import LocalRunError

from ..emulator.aws import Aws
from ..emulator.clock import until

_VIEW: Final = re.compile(r"/\* Presto View: (\S+) \*/")
_SECONDS: Final = 30.0
_ENDS: Final = ("SUCCEEDED", "FAILED", "CANCELLED")


class Analyst:
    """An analyst of the archive `name`, whose names are in the outputs of the stack."""

    def __init__(self, aws: Aws, name: str, described: Mapping[str, str]) -> None:
        self.name = name
        self._aws = aws
        self._bucket, self._database = described["bucket"], described["database"]
        self._workgroup = described["workgroup"]

    def files(self, folder: str = "events/") -> list[str]:
        """Return the keys of the files in a folder of the archive's bucket."""
        pages = self._aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    @cached_property
    def views(self) -> Mapping[str, str]:
        """The queries of the archive's views, by name."""
        tables = self._aws.call("glue", "get_tables", DatabaseName=self._database)["TableList"]
        texts = {table["Name"]: _VIEW.fullmatch(table.get("ViewOriginalText") or "") for table in tables}
        return {name: json.loads(b64decode(text[1]))["originalSql"] for name, text in texts.items() if text}

    def query(self, sql: str) -> list[dict[str, str]]:
        """Return the rows of a query. Raises LocalRunError if Athena refuses it.

        The query of a view replaces its name, since the emulator has no views.
        """
        for name, text in self.views.items():
            sql = re.sub(rf'\b(FROM|JOIN) "?{name}"?(?!\w)', lambda found, text=text: f"{found[1]} ({text})", sql)
        place = {"QueryExecutionContext": {"Database": self._database}, "WorkGroup": self._workgroup}
        query = self._aws.call("athena", "start_query_execution", QueryString=sql, **place)["QueryExecutionId"]
        status = until(lambda: self._ended(query), _SECONDS, 0.05)
        if not status or status["State"] != "SUCCEEDED":
            raise LocalRunError(f"The query of {self.name} failed: {(status or {}).get('StateChangeReason')}: {sql}")
        result = self._aws.call("athena", "get_query_results", QueryExecutionId=query)["ResultSet"]["Rows"]
        header, *rows = [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in result]
        return [dict(zip(header, row, strict=True)) for row in rows]

    def _ended(self, query: str) -> dict[str, Any] | None:
        status = self._aws.call("athena", "get_query_execution", QueryExecutionId=query)["QueryExecution"]["Status"]
        return status if status["State"] in _ENDS else None

    def events(self) -> int:
        """Return the number of events in all views, which have each event once."""
        if not self.files():
            return 0
        counts = " + ".join(f"(SELECT count(*) FROM {view})" for view in self.views)  # noqa: S608 (names of views)
        return int(self.query(f"SELECT {counts} AS events")[0]["events"])
