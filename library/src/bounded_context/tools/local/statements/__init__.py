"""A stand-in for PartiQL's INSERT: a proxy of the emulator's DynamoDB, whose own INSERT never reaches a table's stream.

Functions send all DynamoDB requests to the proxy, which forwards other requests unchanged.
"""

from .server import running_statements

__all__ = ["running_statements"]
