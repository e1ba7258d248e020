"""A failed night on disk (docs/nights.md): a folder in, one Incident out."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sandbox.incident_logs import load_logs
from sandbox.logs.streams import Event

HOME = Path(__file__).parent / "incidents"
EXPECTED = frozenset(
    {"category", "cause", "evidence", "recurring", "blocked", "changes", "not_checked", "alerts"}
)
Json = dict[str, Any]  # Any: JSON as a story's author wrote it


class IncidentWrong(Exception):
    """A story cannot be played; the text names the file and what to mend."""


@dataclass(frozen=True)
class Incident:
    """One story. Files that it does not have are empty here.

    `alerts` are inner Slack events in order of `ts`; `logs` maps log group and stream to events;
    `now` is the moment of the (last) alert; `notes` tell what was passed over while reading.
    """

    slug: str
    folder: Path
    title: str
    airflow: str
    environment: str
    now: datetime
    faults: Mapping[str, str] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    alerts: tuple[Json, ...] = ()
    airflow_rows: Json = field(default_factory=dict)
    mwaa: Json = field(default_factory=dict)
    logs: Mapping[str, Mapping[str, list[Event]]] = field(default_factory=dict)
    redshift_sql: str = ""
    metrics: list[Json] = field(default_factory=list)
    alarms: list[Json] = field(default_factory=list)
    cloudtrail: list[Json] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def has_redshift(self) -> bool:
        return bool(self.redshift_sql.strip())


def known() -> list[str]:
    """The slugs of the stories that come with the sandbox."""
    return sorted(p.parent.name for p in HOME.glob("*/incident.toml"))


def load_incident(name: str) -> Incident:
    """Read the story of a slug, or of a path to a folder. Raises IncidentWrong."""
    folder = _folder(name)
    about = _toml(folder / "incident.toml")
    alerts = _alerts(folder / "alert.json")
    cloudwatch = _object(folder / "cloudwatch.json")
    expect = _expected(about, folder)
    mwaa = _object(folder / "mwaa.json")
    try:
        return Incident(
            slug=folder.name,
            folder=folder,
            title=str(about.get("title", folder.name)),
            airflow=str(about.get("airflow") or mwaa.get("AirflowVersion") or "2.10.5"),
            environment=str(about.get("environment") or mwaa.get("Name") or "airflow"),
            now=_moment(about.get("now"), alerts, folder),
            faults=_faults(about, folder),
            expect={key: value for key, value in expect.items() if key in EXPECTED},
            alerts=alerts,
            airflow_rows=_object(folder / "airflow.json"),
            mwaa=mwaa,
            logs=load_logs(folder / "logs"),
            redshift_sql=_text(folder / "redshift.sql"),
            metrics=_rows(cloudwatch, "metrics", folder / "cloudwatch.json"),
            alarms=_rows(cloudwatch, "alarms", folder / "cloudwatch.json"),
            cloudtrail=_list(folder / "cloudtrail.json"),
            notes=tuple(f"[expect] {key} is not known here" for key in expect.keys() - EXPECTED),
        )
    except ValueError as wrong:
        raise IncidentWrong(str(wrong)) from wrong


def _folder(name: str) -> Path:
    for folder in (Path(name), HOME / name):
        if (folder / "incident.toml").is_file():
            return folder.resolve()
    if Path(name).is_dir():
        raise IncidentWrong(f"{name} holds no incident.toml (docs/nights.md says what it needs)")
    near = get_close_matches(name, known(), n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    there = ", ".join(known())
    raise IncidentWrong(f"no incident {name!r}.{meant} There are {there}; or give a folder")


def _toml(path: Path) -> Json:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise IncidentWrong(f"{path}: {wrong}") from wrong


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, ValueError) as wrong:
        raise IncidentWrong(f"{path}: {wrong}") from wrong


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever JSON the file holds
    text = _text(path)
    try:
        return json.loads(text) if text.strip() else None
    except ValueError as wrong:
        raise IncidentWrong(f"{path} is no JSON: {wrong}") from wrong


def _object(path: Path) -> Json:
    said = _json(path)
    if said is not None and not isinstance(said, dict):
        raise IncidentWrong(f"{path} must hold one JSON object")
    return said or {}


def _rows(said: Json, key: str, path: Path) -> list[Json]:
    rows = said.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise IncidentWrong(f"{path}: {key} must be a list of objects")
    return rows


def _expected(about: Json, folder: Path) -> Json:
    said = about.get("expect", {})
    if not isinstance(said, dict):
        raise IncidentWrong(f"{folder}/incident.toml: [expect] must be a table")
    return said


def _list(path: Path) -> list[Json]:
    said = _json(path)
    rows = [] if said is None else said
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise IncidentWrong(f"{path} must hold a JSON list of objects")
    return rows


def _alerts(path: Path) -> tuple[Json, ...]:
    said = _json(path)
    events = said if isinstance(said, list) else [said] if said else []
    inner = [e["event"] if isinstance(e, dict) and "event" in e else e for e in events]
    if not inner or not all(isinstance(e, dict) and _is_number(e.get("ts")) for e in inner):
        raise IncidentWrong(f"{path} must hold a Slack event with a ts, or a list of them")
    return tuple(sorted(inner, key=lambda event: float(event["ts"])))


def _is_number(text: object) -> bool:
    return str(text).replace(".", "", 1).isdecimal()


def _moment(said: object, alerts: tuple[Json, ...], folder: Path) -> datetime:
    """With one alert `now` is what the story says; with a list the last one's ts."""
    if said is None or len(alerts) > 1:
        return datetime.fromtimestamp(float(alerts[-1]["ts"]), UTC)
    try:
        moment = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
    except ValueError as wrong:
        raise IncidentWrong(f"{folder}/incident.toml: now: {wrong}") from wrong
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _faults(about: Json, folder: Path) -> dict[str, str]:
    said = about.get("faults", {})
    if not isinstance(said, dict) or not all(isinstance(kind, str) for kind in said.values()):
        raise IncidentWrong(f'{folder}/incident.toml: [faults] holds "service:Operation" = "kind"')
    return dict(said)
