"""Lists as both REST versions answer them: filters, order, a page, the total."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from sandbox.airflow.asking import Ask, RestError, Row, parsed
from sandbox.airflow.shapes_v1 import SHAPES as SHAPES_V1
from sandbox.airflow.shapes_v1 import Shape
from sandbox.airflow.shapes_v2 import SHAPES as SHAPES_V2

SHAPES = {1: SHAPES_V1, 2: SHAPES_V2}
MAX_LIMIT = 100
DEFAULT_LIMIT = {1: 100, 2: 50}
# Query parameters and order_by words that are not the field's own name.
FIELDS = {"run_id": "dag_run_id", "dttm": "when", "stacktrace": "stack_trace"}
TIMES = frozenset(
    {"timestamp", "when", "next_dagrun", "next_dagrun_create_after", "run_after", "queued_when",
     "scheduled_when", "last_parsed", "last_parsed_time", "last_expired", "queued_at",
     "last_scheduling_decision", "created_at", "updated_at", "logical_date", "execution_date"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list endpoint understands in one REST version.

    `dates` are filtered by `<name>_gte`/`_lte` (and `_gt`/`_lt` in version 2), `equals` by value,
    `patterns` map a parameter to the field it is LIKE; `order` says what order_by may name and
    `default` what it is without; `more` stands beside the total as null.
    """

    shape: str
    key: str
    dates: tuple[str, ...] = ()
    equals: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    default: str = ""
    others: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def parameters(self) -> frozenset[str]:
        """Every query parameter of version 1, which refuses all others."""
        dates = {f"{name}_{end}" for name in self.dates for end in ("gte", "lte")}
        patterns = {name for name, _ in self.patterns}
        ordered = {"order_by"} if self.order else set()
        named = dates | patterns | ordered | set(self.equals) | set(self.others)
        return frozenset(named | {"limit", "offset"})


def answer_list(ask: Ask, listing: Listing, rows: Iterable[Row]) -> Row:
    """Filter, order and cut `rows`; `total_entries` counts before the cut."""
    kept = [row for row in rows if _passes(ask, listing, row)]
    kept = ordered(ask, listing, kept)
    limit = ask.integer("limit", DEFAULT_LIMIT[ask.api])
    offset = ask.integer("offset", 0)
    # Version 1 takes 0 as "the most there may be".
    limit = min(limit, MAX_LIMIT) if limit or ask.api == 2 else MAX_LIMIT
    page = kept[offset : offset + limit]
    return {
        listing.key: [shaped(ask.api, listing.shape, row) for row in page],
        "total_entries": len(kept),
        **dict.fromkeys(listing.more),
    }


def shaped(api: int, shape: str, row: Row) -> Row:
    """The row with exactly the fields of that version; times in its spelling."""
    fields: Shape = SHAPES[api][shape]
    return {name: _value(api, name, row.get(name), default) for name, default in fields.items()}


def ordered(ask: Ask, listing: Listing, rows: Sequence[Row]) -> list[Row]:
    """By order_by (`-` before a name: descending); rows without a value come last."""
    said = ask.many("order_by") if listing.order else []
    names = said or ([listing.default] if listing.default else [])
    result = list(rows)
    for name in reversed(names):
        plain = name.lstrip("-")
        if said and plain not in listing.order:
            raise RestError(
                400,
                "Bad Request",
                f"Ordering with '{plain}' is disallowed or the attribute does not exist on the "
                "model",
            )
        field = FIELDS.get(plain, plain)
        with_value = [row for row in result if row.get(field) is not None]
        without = [row for row in result if row.get(field) is None]
        with_value.sort(key=_sort_key(field), reverse=name.startswith("-"))
        result = with_value + without
    return result


def _sort_key(field: str) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:  # noqa: ANN401 - numbers, times or text, one kind a field
        value = row[field]
        if isinstance(value, bool | int | float):
            return (0, value, "")
        return (1, _instant(value), str(value)) if is_time(field) else (1, 0.0, str(value))

    return key


def _instant(value: object) -> float:
    moment = parsed(value)
    return moment.timestamp() if moment else 0.0


def is_time(field: str) -> bool:
    """True for the fields that hold ISO 8601 times."""
    return (
        field in TIMES
        or field.endswith(("_date", "_heartbeat", "_interval_start"))
        or (field.endswith("_interval_end"))
    )


def _passes(ask: Ask, listing: Listing, row: Row) -> bool:
    return (
        all(_in_range(ask, name, row) for name in listing.dates)
        and all(_equals(ask, name, row) for name in listing.equals)
        and all(_like(ask.one(name), row.get(field)) for name, field in listing.patterns)
    )


def _in_range(ask: Ask, name: str, row: Row) -> bool:
    # duration is the one range that is no time.
    bounds = {
        end: ask.moment(f"{name}_{end}") if is_time(name) else ask.one(f"{name}_{end}") or None
        for end in ("gte", "lte", "gt", "lt")
    }
    if not any(bounds.values()):
        return True
    field = FIELDS.get(name, name)
    value = parsed(row.get(field)) if is_time(name) else row.get(field)
    if value is None:
        return False
    return _inside(_number(value), {end: _number(b) for end, b in bounds.items() if b})


def _inside(value: float, bounds: dict[str, float]) -> bool:
    infinity = float("inf")
    return bounds.get("gte", -infinity) <= value <= bounds.get("lte", infinity) and bounds.get(
        "gt", -infinity
    ) < value < bounds.get("lt", infinity)


def _number(value: object) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(str(value))


def _equals(ask: Ask, name: str, row: Row) -> bool:
    wanted = ask.many(name)
    if not wanted:
        return True
    value = row.get(FIELDS.get(name, name), row.get(name))
    said = (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
    return said in wanted


def _like(pattern: str, value: object) -> bool:
    """ILIKE %pattern%, as Airflow's `*_pattern` parameters are."""
    if not pattern or pattern == "~":
        return True
    glob = pattern.lower().replace("[", "[[]").replace("%", "*").replace("_", "?")
    return fnmatchcase(str(value or "").lower(), f"*{glob}*")


def _value(api: int, name: str, value: Any, default: Any) -> Any:  # noqa: ANN401 - JSON
    if value is None:
        return default
    if is_time(name) and isinstance(value, str):
        return wire_time(api, value)
    return value


def wire_time(api: int, text: str) -> str:
    """The version's spelling of a time: `+00:00` in 1, `Z` in 2; what is no time stays."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    said = moment.astimezone(UTC).isoformat()
    return said if api == 1 else said.replace("+00:00", "Z")
