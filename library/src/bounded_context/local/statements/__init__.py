"""A stand-in for PartiQL's INSERT, in front of the emulator's DynamoDB, whose own never reaches a table's stream.

Functions send all that is for DynamoDB to it: what is no INSERT goes on as it came.
"""

from .server import running_statements

__all__ = ["running_statements"]
