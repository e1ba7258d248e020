"""The DynamoDB table of the incidents, as CreateTable takes it; Terraform makes the same one."""

from typing import Any

# Index name -> (hash key, range key), every attribute projected.
INDEXES = {
    "by_lease": ("open", "lease_until"),
    "by_day": ("day", "created"),
    "by_reply": ("reply", ""),
}
_NUMBERS = ("lease_until", "created")


def table_definition(name: str) -> dict[str, Any]:  # Any: an AWS document
    """Arguments of CreateTable; TTL on `expires_at` is switched on apart from it."""
    used = {"pk", "sk"} | {part for keys in INDEXES.values() for part in keys if part}
    attributes = [
        {"AttributeName": part, "AttributeType": "N" if part in _NUMBERS else "S"}
        for part in sorted(used)
    ]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys("pk", "sk"),
        "AttributeDefinitions": attributes,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _keys(*keys),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, keys in INDEXES.items()
        ],
    }


def _keys(hash_key: str, range_key: str) -> list[dict[str, str]]:
    pairs = ((hash_key, "HASH"), (range_key, "RANGE"))
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs if name]
