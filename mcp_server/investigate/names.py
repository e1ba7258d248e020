"""The things that a failure names: tables, buckets, roles, functions, jobs, clusters, dags."""

import re
from collections.abc import Mapping

_SQL_TABLE = re.compile(
    r"\b(?:from|join|into|using|update|table|truncate|copy|unload|vacuum|analyze)"
    r"\s+(?:only\s+|if\s+(?:not\s+)?exists\s+|table\s+)?\"?([a-z_][\w$]{0,126}\"?\.\"?[a-z_][\w$]{0,126})",
    re.IGNORECASE,
)
_MODULE = re.compile(r"^(?:airflow|os|sys|site|lib|python|usr|self|dags|plugins)\.", re.IGNORECASE)
_FINDERS = {
    "function": (
        r"arn:aws:lambda:[\w-]*:\d*:function:([\w-]+)",
        r"(?i)\bfunction_?name['\"]?\s*[:=]\s*['\"]?([\w-]+)",
        r"(?i)\bLambda (?:function)?[: ]{1,2}['\"`]?([\w-]*[-_][\w-]+)",
        r"(?i)\bInvoking (?:AWS )?Lambda(?: function)?[: ]{1,2}['\"`]?([\w-]+)",
        r"(?i)\bfunction[: ]{1,2}['\"`]?([\w-]*[-_][\w-]+)",
        r"/aws/lambda/([\w-]+)",
    ),
    "glue_job": (
        r"(?i)\bglue[^\n]{0,40}?\bjob(?: named| name)?[ :='\"]{1,4}([\w.-]+)",
        r"(?i)\bjob_?name['\"]?\s*[:=]\s*['\"]?([\w.-]+)",
        r"(?i)Initializing AWS Glue Job: ([\w.-]+)",
    ),
    "job_run": (r"\b(jr_[0-9a-f]{4,})", r"(?i)\bjob ?run ?id['\"]?\s*[:=]\s*['\"]?([\w-]{6,})"),
    "cluster": (
        r"(?i)\bcluster[_ ]?identifier['\"]?\s*[:=]\s*['\"]?([\w-]+)",
        r"\b([\w-]+)\.[\w]+\.[\w-]+\.redshift(?:-serverless)?\.amazonaws\.com",
    ),
    "db_instance": (r"\b([\w-]+)\.[\w-]+\.[\w-]+\.rds\.amazonaws\.com",),
    "emr_cluster": (r"\b(j-[0-9A-Z]{5,})\b",),
    "lost_name": (r"cannot import name '(\w+)' from '[\w.]+'",),
    "from_module": (r"cannot import name '\w+' from '([\w.]+)'",),
    "job_log": (r"(?i)\blog file (s3://[^\s'\"]+)",),
    "no_slots": (
        r"(?i)(remaining connection slots are reserved|too many connections|too many clients"
        r"|connection limit \S{0,40} ?exceeded)",
    ),
    "spark_limit": (
        r"(?i)(Container killed by YARN for exceeding memory limits|spark\.[\w.]*memoryOverhead)",
        r"(ExecutorLostFailure)",
    ),
    "stale_source": (r"(?i)\bERROR STALE freshness of ([\w.]+)",),
    "constraint": (r"(?i)violates [\w -]{0,20}constraint \"([\w.$-]+)\"",),
    "lost_key": (r"(?i)\bkey/([\w-]+) is (?:pending deletion|disabled)",),
    "denying_policy": (r"(?i)explicit deny in an? ([\w-]+ (?:[\w-]+ )?policy)",),
    "ecs_task": (r"arn:aws:ecs:[\w-]*:\d*:task/([\w/-]+)",),
    "state_machine": (r"arn:aws:states:[\w-]*:\d*:(?:stateMachine|execution):([\w-]+)",),
    "batch_job": (r"(?i)\bAWS Batch job[ ('\"]{1,4}([\w-]+)",),
    "training_job": (r"(?i)\btraining[_ ]?job[_ ]?name?['\"]?\s*[:=]\s*['\"]?([\w-]+)",),
    "secret": (
        r"arn:aws:secretsmanager:[\w-]*:\d*:secret:([\w/+=.@-]+?)(?:-\w{6})?(?=[\"'\s,)]|$)",
        r"(?i)\bsecret[_ ]?(?:id|name)['\"]?\s*[:=]\s*['\"]?([\w/+=.@-]+)",
    ),
    "key_id": (r"arn:aws:kms:[\w-]*:\d*:(?:key/)?([\w/-]+)",),
    "bucket": (
        r"s3[an]?://([\w.-]+)",
        r"arn:aws:s3:::([\w.-]+)",
        r"(?i)\bbucket(?:[_ ]?name)?['\"]?\s*[:=]\s*['\"]?([a-z0-9][\w.-]+)",
    ),
    "role": (
        r"arn:aws[\w-]*:sts::\d*:assumed-role/([\w+=,.@-]+)",
        r"arn:aws[\w-]*:iam::\d*:role/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)",
    ),
    "action": (r"(?i)perform: ?([\w-]+:\w+)",),
    "model": (
        r"(?i)\berror in (?:model|snapshot|seed) ([\w.]+) \(",
        r"(?i)\bERROR creating sql \w+ model (?:\w+\.)*(\w+)",
    ),
    "pool": (r"(?i)\bpool[ '\"=:]{1,4}([\w-]+)",),
    "external_dag": (
        r"(?i)external DAG ['\"]?([\w.-]+?)['\"]?(?:\.? (?:has )?failed|[\s,.]|$)",
        r"(?i)Poking for (?:DAG|tasks? .{0,200}? in dag) ['\"]?([\w.-]+?)['\"]? on",
        r"(?i)(?:Triggered|child) (?:DAG|dag run|run) ['\"]?([\w.-]+)",
        r"(?i)external_dag_id['\"]?\s*[:=]\s*['\"]?([\w.-]+)",
        r"(?i)\bin DAG ['\"]?([\w.-]+?)['\"]?(?: failed|[\s,.]|$)",
        r"(?i)^.{0,80}?\b([\w.-]+) failed with failed states?",
    ),
    "db_user": (
        r"(?i)(?:authentication failed for|login failed for) user \"?'?([\w.@:-]+)",
        r"(?i)\busers? \"([\w.@:-]+)\"",
    ),
}
_BY_THE_WAY = {
    "conn_id": [re.compile(r"(?i)\b(?:using|retrieving) connection (?:id )?['\"]([\w.-]+)['\"]")],
    "variable": [re.compile(r"(?i)\bvariable with key ['\"]?([\w.-]+)['\"]? not found")],
    "image": [re.compile(r"(?i)\bpull(?:ing)? image \\?\"([^\"\\\s]+)")],
}
_OBJECT = re.compile(r"\bs3[an]?://([\w.-]+)/([\w./=+%~-]*\w)")
_COMPILED = {name: [re.compile(p, re.MULTILINE) for p in ps] for name, ps in _FINDERS.items()}


def names_of(entities: Mapping[str, str], cause: str, text: str) -> dict[str, str]:
    """Names by kind; what the cause line says beats the rest of the log."""
    own: dict[str, str] = {}
    for source in (cause, text):
        for kind, finders in _COMPILED.items():
            if (kind not in own) and (name := _first(finders, source)):
                own[kind] = name
    found = {**_told_by_the_way(text), **entities, **own}
    tables = tables_in(f"{cause}\n{text}")
    if tables:
        found.setdefault("table", tables[0])
        found["tables"] = " ".join(tables[:6])
    found.setdefault("tables", found.get("table", ""))
    return {kind: name.strip(".\"'") for kind, name in found.items() if name and "***" not in name}


def _told_by_the_way(text: str) -> dict[str, str]:
    """What a log names beside its cause, where nothing closer to the cause does."""
    said = {kind: _first(finders, text) for kind, finders in _BY_THE_WAY.items()}
    objects = set(_OBJECT.findall(text))
    if len(objects) == 1:
        said["bucket"], said["key"] = objects.pop()
    return said


def tables_in(text: str) -> list[str]:
    """Schema-qualified tables that statements in a text name, in order of their first mention."""
    names = [match[1].replace('"', "").lower() for match in _SQL_TABLE.finditer(text)]
    return list(dict.fromkeys(name for name in names if not _MODULE.match(name)))


def _first(finders: list[re.Pattern[str]], text: str) -> str:
    for finder in finders:
        match = finder.search(text)
        if match:
            return match[1]
    return ""
