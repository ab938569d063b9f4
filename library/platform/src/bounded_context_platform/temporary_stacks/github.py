"""GitHub's REST API for the steps of workflows, with the workflow's token."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from bounded_context_cli.command.aws_errors import Refused

_VARIABLES: Final = {"api": "GITHUB_API_URL", "repository": "GITHUB_REPOSITORY", "token": "GITHUB_TOKEN"}
_PAGE: Final = 100
"""Entries of a page: GitHub's maximum (REST API, "Using pagination")."""

_SECONDS: Final = 30


@dataclass(frozen=True)
class GitHub:
    """The REST API for a repository."""

    api: str
    repository: str
    token: str = field(repr=False)

    @classmethod
    def here(cls) -> Self:
        """Return the API of the current workflow's repository, from its variables. Raises Refused without them."""
        values = {name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()}
        if not all(values.values()):
            raise Refused("GITHUB_TOKEN is not set: it belongs in the step of the workflow.")
        return cls(**values)

    def closed(self, since: datetime) -> list[int]:
        """Return the numbers of the closed pull requests that changed since a time. Raises Refused."""
        found: list[int] = []
        for request in self._pages("pulls?state=closed&sort=updated&direction=desc"):
            if datetime.fromisoformat(request["updated_at"]) < since:
                break
            found.append(request["number"])
        return found

    def comment(self, number: int, mark: str, text: str) -> None:
        """Write a comment to a pull request. It replaces the comment that begins with `mark`, if any.

        Raises:
            Refused: GitHub did not accept the comment.
        """
        body = {"body": f"{mark}\n{text}"}
        before = next(
            (
                comment["id"]
                for comment in self._pages(f"issues/{number}/comments?")
                if comment["body"].startswith(mark)
            ),
            None,
        )
        if before is None:
            self._call("POST", f"issues/{number}/comments", body)
        else:
            self._call("PATCH", f"issues/comments/{before}", body)

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        page, found = 1, [{}] * _PAGE
        while len(found) == _PAGE:
            found = self._call("GET", f"{path}&per_page={_PAGE}&page={page}")
            yield from found
            page += 1

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.api}/repos/{self.repository}/{path}"
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 (GitHub's own address)
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise Refused(f"GitHub does not answer {method} {path.partition('?')[0]}: {error}.") from error
