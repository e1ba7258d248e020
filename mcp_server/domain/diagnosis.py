"""The answer of `diagnose_failure`: what the thread, the model and scripts read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Confidence = Literal["high", "medium", "low", "inconclusive"]
EvidenceKind = Literal["log", "airflow", "redshift", "metric", "alarm", "change", "alert"]


class Evidence(BaseModel):
    """One proof: a single redacted line and where a reader can open it."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(description="Number that the text cites as [1].")
    kind: EvidenceKind
    quote: str = Field(description="One line, decoded and redacted, in the source's own words.")
    place: str = Field(description='Where it stands: "task log, try 2, line 201".')
    url: str = Field("", description="Console or Airflow link, empty when none can be built.")


class NotChecked(BaseModel):
    """Something this failure's playbook wanted and could not have."""

    model_config = ConfigDict(frozen=True)

    what: str
    why: str


class Diagnosis(BaseModel):
    """Why one task (or run) failed. Empty string or list: not said. Times: ISO 8601 UTC."""

    model_config = ConfigDict(frozen=True)

    environment: str = ""
    dag_id: str
    run_id: str = ""
    task_id: str = ""
    map_index: int = -1
    try_number: int = 0
    max_tries: int = Field(0, description="Tries the task has in all; 0 when unknown.")
    state: str = ""
    operator: str = ""
    logical_date: str = ""
    failed_at: str = ""
    owner: str = ""

    category: str = Field("unknown", description="A slug of the failure taxonomy.")
    confidence: Confidence = "inconclusive"
    cause: str = Field("", description="One sentence; holds the cause line's own words.")
    cause_line: str = Field("", description="The log's own line, redacted.")
    cause_pattern: str = Field("", description="The cause line without its volatile parts.")
    root_task_id: str = Field("", description="The task that failed first, if another one.")

    before: str = Field("", description='"3 of the last 10 runs; same cause on 2 Nov".')
    recurring: bool = False
    can_wait: str = ""
    safe_to_rerun: str = ""
    blocked: list[str] = Field(default_factory=list, description="Task ids and dag ids waiting.")
    recovered: str = Field("", description='"03:21, try 3" when a later try succeeded.')

    evidence: list[Evidence] = Field(default_factory=list)
    changes: list[Evidence] = Field(default_factory=list, description="What changed before it.")
    next_steps: list[str] = Field(default_factory=list, description="At most three.")
    not_checked: list[NotChecked] = Field(default_factory=list)
    log_url: str = ""
    run_url: str = ""
    digest: str = Field("", description="The log digest that the cause was read from.")
