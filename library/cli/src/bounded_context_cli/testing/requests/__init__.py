"""Check the recorded graph against AWS's models: each resource as the requests that Pulumi's provider sends.

Neither mocks nor a preview send requests to AWS. Without this check, a timeout of 901 seconds, a misspelt enum or a
name that is one character too long fails during a deployment. Each request is checked against

- botocore's models of the services: required, type, minimum, maximum, enum, pattern (botocore's own validation omits
  the last three);
- limits that only AWS's documentation contains (`limits`)::

    findings(graph.one("sqs/queue", "inbound"))  # a sentence for each refused value; [] if AWS accepts the resource

Names match regardless of case. `KINDS` lists, by resource type, the names that differ between Pulumi's provider and
AWS. An unknown type or input is a finding too, so no value goes unchecked. A repository with other types of
resources adds them, for instance in its `tests/conftest.py`::

    KINDS["elasticache/serverlessCache"] = (call("elasticache CreateServerlessCache", name="ServerlessCacheName"),)
"""

from ...programs.requests import KINDS, ProviderCall, call
from .findings import findings

__all__ = ["KINDS", "ProviderCall", "call", "findings"]
