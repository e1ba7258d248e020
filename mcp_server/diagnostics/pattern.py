"""A line without what changes from night to night."""

import re

_UUID = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T_ ]\d\d[:_]\d\d(?:[:_]\d\d)?[\d.,]*(?:Z|[+-]\d\d[:_]?\d\d)?)?"
)
_HEX = re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b")
_TMP = re.compile(r"/(?:var/)?tmp\b[\w./-]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SPACE = re.compile(r"\s+")
_LIGHT = (
    (_UUID, "<id>"),
    (_DATE, "<time>"),
    (_HEX, "<hex>"),
    (_TMP, "<tmp>"),
    (_NUMBER, "<n>"),
    (_SPACE, " "),
)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MADE = "scheduled|manual|backfill|asset_triggered|dataset_triggered"
_QUOTED = r"(?:'[^']{0,200}'|\"[^\"]{0,200}\")"
_LASTING = (
    # Airflow's run ids, whatever made the run
    (re.compile(rf"\b(?:{_MADE})__[\w:.+-]+"), "<run>"),
    # a row's own value, where the message says that it is one
    (
        re.compile(
            r"(?i)(\b(?:value|entry|literal|base 10:|to float:|date|timestamp|boolean"
            r"|for type [\w ]{1,40}:"
            rf"|input_value=|varchar value|nvarchar value|time data))(:? ?){_QUOTED}"
        ),
        r"\1\2<value>",
    ),
    (re.compile(r"(\bKey \([^)]{1,200}\)=)\([^)]{0,200}\)"), r"\1(<value>)"),
    (_UUID, "<id>"),
    (re.compile(r"\b(?:jr_[0-9a-f]{6,}|j-[0-9A-Z]{8,}|s-[0-9A-Z]{8,})\b"), "<id>"),
    (re.compile(r"\b(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{10,}\b"), "<id>"),
    (_DATE, "<time>"),
    (re.compile(rf"\b(?:{_MONTHS})[a-z]{{0,6}}\b(?=[ -]\d)|(?<=\d[ -])(?:{_MONTHS})\b"), "<month>"),
    # a pod's suffixes, or a temporary thing's
    (re.compile(r"(?<=[a-z0-9])-[a-f0-9]{8,10}-[a-z0-9]{5}(?![\w<-])"), "-<id>"),
    (re.compile(r"(?<=[a-z0-9])-(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{4,12}(?![\w<])"), "-<id>"),
    (_HEX, "<hex>"),
    (_TMP, "<tmp>"),
    # a short number at the end of a name belongs to it: stage.t1 is another table than stage.t2
    (re.compile(r"(?<![A-Za-z_])\d+(?:[.,]\d+)*|\d{4,}"), "<n>"),
    (_SPACE, " "),
)
LONGEST = 300


def shape_of(line: str) -> str:
    """The line with ids, times, numbers and temporary paths replaced, quickly; at most 300 long."""
    for volatile, name in _LIGHT:
        line = volatile.sub(name, line)
    return line.strip()[:LONGEST]


def pattern_of(line: str) -> str:
    """What stays of a cause line on another night; at most 300 long.

    Beside what `shape_of` replaces: run ids, suffixes of pods, ids of AWS and the values of rows.
    Names of tables, columns, hosts and connections stay: another name is another cause.
    """
    line = line[: 4 * LONGEST]
    for volatile, name in _LASTING:
        line = volatile.sub(name, line)
    return line.strip()[:LONGEST]
