"""One DynamoDB table: conditional updates and whole queries, attributes written `#name`.

Every attribute stands as `#name` in expressions, so that none meets a reserved word.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from slack_bridge.aws import client, code_of, errors
from slack_bridge.incidents import StoreUnavailable

Item = dict[str, dict[str, Any]]  # Any: DynamoDB's typed values
TRIES = 3
_REFUSED = "ConditionalCheckFailedException"
_NAME = re.compile(r"#(\w+)")


def text(value: str) -> dict[str, Any]:
    """A string as DynamoDB types it."""
    return {"S": value}


def number(value: float | str) -> dict[str, Any]:
    """A number as DynamoDB types it."""
    return {"N": str(value)}


class Table:
    """Calls that raise StoreUnavailable with the operation and the table in its text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._db = client("dynamodb", TRIES)

    def get(self, key: Item) -> Item | None:
        with self._calling("GetItem"):
            found = self._db.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        item: Item | None = found.get("Item")
        return item

    def put(self, item: Item) -> None:
        with self._calling("PutItem"):
            self._db.put_item(TableName=self.name, Item=item)

    def update(
        self,
        key: Item,
        update: str,
        values: Item,
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Item | None:
        """The item after the update; None when the condition does not hold."""
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        try:
            with self._calling("UpdateItem"):
                done = self._db.update_item(
                    TableName=self.name,
                    Key=key,
                    UpdateExpression=update,
                    ExpressionAttributeNames=_names(f"{update} {condition}") | dict(names or {}),
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    **more,
                )
        except _Refused:
            return None
        item: Item = done["Attributes"]
        return item

    def query(
        self, index: str, condition: str, values: Item, most: int, *, newest_first: bool = False
    ) -> list[Item]:
        """At most so many items, in the order of the range key; the table itself without index."""
        asked: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": _names(condition),
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
        }
        asked |= {"IndexName": index} if index else {"ConsistentRead": True}
        found: list[Item] = []
        while len(found) < most:
            with self._calling("Query"):
                page = self._db.query(**asked, Limit=most - len(found))
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found

    @contextmanager
    def _calling(self, operation: str) -> Iterator[None]:
        try:
            yield
        except errors() as error:
            if code_of(error) == _REFUSED:
                raise _Refused from error
            raise StoreUnavailable(
                f"dynamodb:{operation} on table {self.name} (DE_AGENT_STORE): {error}"
            ) from error


class _Refused(Exception):
    """The condition does not hold."""


def _names(expression: str) -> dict[str, str]:
    return {f"#{name}": name for name in _NAME.findall(expression)}
