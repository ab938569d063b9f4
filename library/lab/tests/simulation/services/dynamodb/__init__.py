"""DynamoDB, with a face for each client that the adapters use.

Differences from DynamoDB, on purpose:

- A batch of PartiQL statements is applied in one step. On AWS other requests may come between its statements.
- Items of any size are accepted.
- Only the table's own reads and the operations of the adapters exist. An unknown operation or parameter is an error.
"""

from .bulk import SimBulk
from .client import SimClient
from .service import Service
from .signed import SimSigned
from .store import Change, Store
from .stream import record
from .table import SimTable

__all__ = ["Change", "Service", "SimBulk", "SimClient", "SimSigned", "SimTable", "Store", "record"]
