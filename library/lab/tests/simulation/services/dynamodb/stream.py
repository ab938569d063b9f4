"""The table's stream: a committed change as Lambda gets it from the event source mapping."""

from typing import Any

from ..typed_values import typed_item
from .store import Change, Store


def record(store: Store, change: Change) -> dict[str, Any]:
    """Return the stream record of a change, with both images in DynamoDB's JSON. Records are in order per item."""
    images = {name: typed_item(image) for name, image in _images(change) if image is not None}
    return {
        "eventID": f"{change.sequence:032x}",
        "eventName": "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(change.at)),
            "Keys": {store.key: {"S": change.key}},
            **images,
            "SequenceNumber": f"{10**20 + change.sequence}",
            "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{store.name}/stream/1",
    }


def _images(change: Change) -> tuple[tuple[str, Any], ...]:
    return ("NewImage", change.new), ("OldImage", change.old)
