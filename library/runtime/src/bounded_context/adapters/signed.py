"""Signed requests over a persistent connection: botocore's signer, and Python's own HTTP."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from botocore.credentials import Credentials

_SECONDS: Final = 10.0
"""The timeout in seconds of a connection and of an answer."""

_KINDS: Final = {"https": HTTPSConnection, "http": HTTPConnection}


class Unanswered(Exception):
    """No answer came: the request may or may not have taken effect."""


class Signed:
    """A sender of requests to one service, in sequence.

    Args:
        service: the service's name in signatures, such as ``dynamodb``.
        credentials: the credentials of the sender.
        region: the service's region.
        endpoint: the service's URL there.
    """

    def __init__(self, service: str, credentials: "Credentials", region: str, endpoint: str) -> None:
        place = urlsplit(endpoint)
        self._service = service
        self._credentials = credentials
        self._region = region
        self._url = f"{place.scheme}://{place.netloc}/"
        self._connection = _KINDS[place.scheme](place.netloc, timeout=_SECONDS)

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer. Raises Unanswered."""
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        SigV4Auth(self._credentials.get_frozen_credentials(), self._service, self._region).add_auth(request)
        try:
            self._connection.request("POST", "/", body, dict(request.headers.items()))
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (HTTPException, OSError) as error:
            # The next request opens a new connection: this one may be from before the function was frozen.
            self._connection.close()
            raise Unanswered(str(error)) from error
