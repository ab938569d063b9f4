"""The graph as requests: what AWS would be asked for each registered resource, checked against AWS's own models.

Mocks answer whatever they are asked, and a preview asks AWS for nothing: a timeout of 901 seconds, a misspelt enum or a
name one character too long is refused only in the middle of a deployment. So each resource is turned here into the
requests that Pulumi's provider sends, and these are checked against botocore's models of the services: required, type,
minimum, maximum, enum, pattern (botocore's own validation leaves out the last three), and against what AWS's
documentation says where its models are silent (`documented`)::

    findings(graph.one("sqs/queue", "inbound"))  # [] if AWS takes it, or a sentence for each thing that it does not

Names match whatever their case; what Pulumi's provider calls otherwise stands in `KINDS`, by type. A type, or an input,
that nothing here knows is a finding too, so that nothing is unchecked without a word. A repository with resources of
other types adds them, for instance in its `tests/conftest.py`::

    KINDS["elasticache/serverlessCache"] = (call("elasticache CreateServerlessCache", name="ServerlessCacheName"),)
"""

from .calls import Call, call
from .findings import findings
from .kinds import KINDS

__all__ = ["KINDS", "Call", "call", "findings"]
