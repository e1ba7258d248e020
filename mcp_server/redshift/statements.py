"""The statements that run on Redshift: data in `statements/*.toml`, read once."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_FRAGMENTS = "fragments.toml"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with `:name` parameters.

    `sql` may hold `{column}` for a column that not every cluster has: `optional` maps it to what
    stands in for it. `main_cluster_only`: STL and STV tables, which Serverless has not.
    `thresholds` are numbers that the code compares with.
    """

    name: str
    purpose: str
    sql: str
    columns: tuple[str, ...]
    what: str
    grant: str = ""
    main_cluster_only: bool = False
    optional: Mapping[str, str] | None = None
    thresholds: Mapping[str, float] | None = None

    def text(self, missing: Collection[str] = ()) -> str:
        """The SQL for a cluster that lacks the columns in `missing`."""
        sql = self.sql
        for name, fragment in _fragments().items():
            sql = sql.replace(f"{{{name}}}", fragment.strip())
        for column, instead in (self.optional or {}).items():
            sql = sql.replace(f"{{{column}}}", instead if column in missing else column)
        return sql

    def threshold(self, name: str) -> float:
        """A number of the data file; KeyError when the file lacks it."""
        return float((self.thresholds or {})[name])


def statement(name: str) -> Statement:
    """The statement of that name."""
    return all_statements()[name]


@cache
def all_statements() -> Mapping[str, Statement]:
    """Every statement by name, from all files."""
    return {
        name: _statement(name, said)
        for file, part in _files().items()
        if file != _FRAGMENTS
        for name, said in part.items()
    }


@cache
def _files() -> Mapping[str, dict[str, Any]]:  # Any: TOML's values
    folder = resources.files("mcp_server.redshift").joinpath("statements")
    return {
        file.name: tomllib.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }


def _fragments() -> Mapping[str, str]:
    return _files()[_FRAGMENTS]


def _statement(name: str, said: dict[str, Any]) -> Statement:  # Any: TOML's values
    return Statement(
        name=name,
        purpose=said["purpose"],
        sql=said["sql"].strip(),
        columns=tuple(said["columns"]),
        what=said["what"],
        grant=said.get("grant", ""),
        main_cluster_only=said.get("main_cluster_only", False),
        optional=said.get("optional"),
        thresholds=said.get("thresholds"),
    )
