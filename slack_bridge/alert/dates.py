"""Dates as people and tools write them, to ISO 8601; what is ambiguous is None."""

import datetime as dt
import re

_OFFSETS = {
    "UTC": "+00:00", "GMT": "+00:00", "Z": "+00:00", "KST": "+09:00", "JST": "+09:00", "IST": "+05:30", "SGT": "+08:00",
    "HKT": "+08:00", "MYT": "+08:00", "WIB": "+07:00", "ICT": "+07:00", "CET": "+01:00", "CEST": "+02:00", "WET": "+00:00",
    "WEST": "+01:00", "EET": "+02:00", "EEST": "+03:00", "MSK": "+03:00", "TRT": "+03:00", "BRT": "-03:00", "ART": "-03:00",
    "EST": "-05:00", "EDT": "-04:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00",
    "PDT": "-07:00", "AEST": "+10:00", "AEDT": "+11:00", "AWST": "+08:00", "NZST": "+12:00", "NZDT": "+13:00", "SAST": "+02:00",
    "BRST": "-02:00", "CLT": "-04:00", "COT": "-05:00", "PET": "-05:00", "GST": "+04:00", "PKT": "+05:00", "BST": "+01:00",
}  # fmt: skip
_ZONES = {
    "asia/seoul": "KST", "asia/tokyo": "JST", "asia/kolkata": "IST", "asia/singapore": "SGT", "asia/shanghai": "SGT",
    "asia/hong_kong": "HKT", "asia/taipei": "HKT", "asia/jakarta": "WIB", "asia/bangkok": "ICT", "asia/ho_chi_minh": "ICT",
    "asia/kuala_lumpur": "MYT", "europe/moscow": "MSK", "europe/istanbul": "TRT", "america/sao_paulo": "BRT", "etc/utc": "UTC",
    "america/argentina/buenos_aires": "ART", "america/bogota": "COT", "america/lima": "PET", "asia/dubai": "GST",
}  # fmt: skip
_TAIL = r"[T ,·\-–]{0,3}(?:(?P<ampm0>오전|오후|午前|午後|上午|下午)\s*)?(?P<h>\d{1,2})(?:[:時点시]|\s*h(?=\d)| ?(?:시|時|点|點) ?)(?P<mi>\d{2})(?:(?:[:分분]|\s*분\s*)(?P<s>\d{2})(?:[초秒])?(?:[.,](?P<f>\d{1,9}))?)?[분分초秒]?\s*(?P<ampm>[ap]\.?m\.?(?![a-z]))?"
_YMD = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)(?:\s*\([^()]{1,12}\))?(?:"
    + _TAIL
    + ")?",
    re.IGNORECASE,
)
_CJK = re.compile(
    r"(?P<y>(?:19|20)\d{2}) ?[年년] ?(?P<m>\d{1,2}) ?[月월] ?(?P<d>\d{1,2}) ?[日일号]?(?:\s*\([^()]{1,12}\))?(?:\s*"
    + _TAIL
    + ")?",
    re.IGNORECASE,
)
_DMY = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<y>(?:19|20)\d{2})(?!\d)(?:"
    + _TAIL
    + ")?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:[T _]?(?P<h>\d{2}):?(?P<mi>\d{2})(?::?(?P<s>\d{2}))?)?(?!\d)"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_WORDS_MD = re.compile(
    rf"\b(?P<mon>{_MONTHS})[a-z]*\.? +(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<y>(?:19|20)\d{{2}})(?:,? *(?:at +)?{_TAIL})?",
    re.IGNORECASE,
)
_WORDS_DM = re.compile(
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ -]+(?P<mon>{_MONTHS})[a-z]*\.?,?[ -]+(?P<y>(?:19|20)\d{{2}})(?:,? *(?:at +)?{_TAIL})?",
    re.IGNORECASE,
)
_PENDULUM = re.compile(
    r"(?:DateTime|datetime)\((?P<y>\d{4}), (?P<m>\d{1,2}), (?P<d>\d{1,2})(?:, (?P<h>\d{1,2}))?(?:, (?P<mi>\d{1,2}))?(?:, (?P<s>\d{1,2}))?(?:, (?P<f>\d{1,6}))?"
)
_EPOCH = re.compile(r"^\D{0,3}(?P<n>1\d{9})(?P<ms>\d{3})?(?:\.\d+)?$")
_OFFSET = re.compile(
    r"^ ?(?:\(?(?:UTC|GMT)\)? ?)?(?P<sign>[+\-−])(?P<h>\d{1,2}):?(?P<m>\d{2})?(?!\d)"
)
_ZONE = re.compile(
    r"^[ \[(,`*\"']*(?P<name>Z(?![a-z])|[A-Za-z]+/[A-Za-z_/]+|[A-Z]{2,5}(?![A-Za-z]))"
)


def read_date(text: str, zone: str = "", *, day_first: bool = False) -> str | None:
    """The first date in `text` as ISO 8601, with time and offset where they are said.

    `zone` is a zone named beside it, such as `KST` of "Execution Date (KST)". `03/04/2026` is
    read as a day first only where `day_first` says so, since it means two days otherwise.
    """
    text = text.strip().strip("`*_'\"").replace("−", "-")
    epoch = _EPOCH.match(text)
    if epoch:
        return dt.datetime.fromtimestamp(int(epoch["n"]), dt.UTC).isoformat()
    for pattern in (_PENDULUM, _YMD, _CJK, _DMY, _WORDS_MD, _WORDS_DM, _COMPACT):
        found = pattern.search(text)
        if found:
            return _built(found, text[found.end() :], zone, day_first=day_first)
    return None


def same_instant(a: str, b: str) -> bool:
    """Whether two ISO dates mean the same; one without an offset is compared by its clock."""
    x, y = (dt.datetime.fromisoformat(v) for v in (a, b))
    if x.tzinfo is None or y.tzinfo is None:
        return x.replace(tzinfo=None) == y.replace(tzinfo=None)
    return x == y


def is_aware(iso: str) -> bool:
    """Whether an ISO date carries an offset."""
    return dt.datetime.fromisoformat(iso).tzinfo is not None


def _built(found: re.Match[str], rest: str, zone: str, *, day_first: bool) -> str | None:
    parts = found.groupdict()
    day, month = int(parts["d"]), _month(parts)
    if found.re is _DMY and parts["sep"] != ".":
        if day <= 12 and month <= 12 and day != month and not day_first:
            return None
        if month > 12:
            day, month = month, day
    try:
        date = dt.date(int(parts["y"]), month, day)
        if not parts.get("h"):
            return date.isoformat()
        time = _time(parts)
    except ValueError:
        return None
    fraction = f".{parts['f'][:6].ljust(6, '0')}" if parts.get("f") else ""
    return f"{date}T{time.isoformat()}{fraction}{_zone(found, rest, zone)}"


def _month(parts: dict[str, str | None]) -> int:
    if parts.get("mon"):
        return _MONTHS.split("|").index(str(parts["mon"])[:3].lower()) + 1
    return int(str(parts["m"]))


def _time(parts: dict[str, str | None]) -> dt.time:
    hour = int(str(parts["h"]))
    half = (parts.get("ampm") or parts.get("ampm0") or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half[0] == "p" or half in ("오후", "午後", "下午") else 0)
    return dt.time(hour, int(str(parts.get("mi") or 0)), int(str(parts.get("s") or 0)))


def _zone(found: re.Match[str], rest: str, zone: str) -> str:
    if found.re is _PENDULUM:
        named = re.search(r"(?:tzinfo|tz)=.{0,20}?['\"]([^'\"]+)", rest)
        return _named(named[1]) if named else "+00:00" if "utc" in rest.lower() else ""
    offset = _OFFSET.match(rest)
    if offset and int(offset["h"]) <= 14:
        return f"{offset['sign']}{int(offset['h']):02d}:{offset['m'] or '00'}"
    name = _ZONE.match(rest)
    return (_named(name["name"]) if name else "") or _named(zone.strip())


def _named(name: str) -> str:
    offset = _OFFSET.match(name)
    if offset and int(offset["h"]) <= 14:
        return f"{offset['sign']}{int(offset['h']):02d}:{offset['m'] or '00'}"
    return _OFFSETS.get(_ZONES.get(name.casefold(), name).upper(), "")
