"""What went wrong with Redshift, said in this project's errors with what to do about it.

Redshift tells the same thing in two ways: the driver with SQLSTATE codes, the Data API in words.
"""

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcp_server.diagnostics.redact import redact
from mcp_server.errors import (
    AccessDenied,
    BadRequest,
    DiagnosticError,
    MissingColumn,
    MissingRelation,
    NotConfigured,
    NotPermitted,
    Unavailable,
)

SAID_CHARACTERS = 400
_SYSTEM_VIEW = re.compile(r"^(?:pg_catalog\.)?\"?(?:sys|stl|stv|svl|svv|svcs)_", re.IGNORECASE)
_DENIED_ON = re.compile(
    r"permission denied for (?:(relation|table|view|schema|database|function) )?\"?([\w.$]+)",
    re.IGNORECASE,
)
# Words of the Data API, where no code comes along; the first that fits decides.
_CODES_BY_WORDS = (
    ("42703", re.compile(r'column "?[\w.]+"? does not exist', re.IGNORECASE)),
    ("42P01", re.compile(r'relation "?[\w.]+"? does not exist', re.IGNORECASE)),
    ("3F000", re.compile(r'schema "?\w+"? does not exist', re.IGNORECASE)),
    ("3D000", re.compile(r'database "?[\w-]+"? does not exist', re.IGNORECASE)),
    ("42501", re.compile(r"permission denied|must be superuser", re.IGNORECASE)),
    ("57014", re.compile(r"statement timeout|cancell?ed", re.IGNORECASE)),
    ("28000", re.compile(r"password authentication failed|no such user", re.IGNORECASE)),
    ("53300", re.compile(r"connection limit|too many connections", re.IGNORECASE)),
    ("42601", re.compile(r"syntax error", re.IGNORECASE)),
    ("25006", re.compile(r"read-only transaction", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a statement was sent, as an error text names it."""

    place: str
    user: str = ""
    database: str = ""
    host: str = ""
    seconds: int = 0

    @property
    def as_user(self) -> str:
        return f"database user {self.user}" if self.user else "this database user"


def from_database(code: str, message: str, asked: Asked) -> DiagnosticError:
    """The error for what the database said; `code` "" when only words came."""
    said = " ".join(redact(message).removeprefix("ERROR:").split())[:SAID_CHARACTERS]
    code = code or next((c for c, words in _CODES_BY_WORDS if words.search(said)), "")
    return _BY_CODE.get(code, _refused)(said, asked)


def of_driver(error: Exception, asked: Asked) -> DiagnosticError:
    """The error for what redshift_connector raised, or for the network under it."""
    said = error.args[0] if error.args else ""
    if isinstance(said, Mapping) and "C" in said:
        return from_database(str(said["C"]), str(said.get("M", "")), asked)
    cause = next((part for part in error.args if isinstance(part, BaseException)), error)
    return _unreached(cause, asked)


def is_lost(error: Exception) -> bool:
    """Whether the connection is of no more use: only a database's own refusal leaves it whole."""
    said = error.args[0] if error.args else ""
    if not (isinstance(said, Mapping) and "C" in said):
        return True
    return said.get("S") == "FATAL" or str(said["C"])[:2] in {"08", "28", "53"} or is_ended(error)


def is_ended(error: Exception) -> bool:
    """Whether somebody ended the session: an idle one may meet this and can simply be replaced."""
    said = error.args[0] if error.args else ""
    if isinstance(said, Mapping):
        return str(said.get("C", ""))[:3] == "57P"
    return not isinstance(error, TimeoutError) and "time out" not in str(error)


def is_busy(error: Exception) -> bool:
    """Whether Redshift has no room for a further connection at this moment."""
    said = error.args[0] if error.args else ""
    return isinstance(said, Mapping) and said.get("C") == "53300"


def timed_out(asked: Asked) -> Unavailable:
    """The statement took longer than it may."""
    return Unavailable(
        f"Redshift did not answer within {asked.seconds} s; the statement was cancelled. Ask for a "
        "shorter time or fewer rows; check_redshift tells whether the cluster is busy or blocked."
    )


def _missing_column(said: str, asked: Asked) -> DiagnosticError:
    found = re.search(r"column \"?(?:\w+\.)?(\w+)\"? does not exist", said, re.IGNORECASE)
    return MissingColumn(
        f"Redshift: {said}. describe_redshift_table lists a table's columns.",
        found[1].lower() if found else "",
    )


def _missing_relation(said: str, asked: Asked) -> DiagnosticError:
    found = re.search(r"(?:relation|schema) \"?([\w.]+)\"? does not exist", said, re.IGNORECASE)
    return MissingRelation(
        f"Redshift: {said} in database {asked.database or 'of the settings'}. Write it as "
        "schema.table; describe_redshift_table finds near names, audit_redshift who dropped it.",
        found[1].lower() if found else "",
    )


def _not_permitted(said: str, asked: Asked) -> DiagnosticError:
    found = _DENIED_ON.search(said)
    kind, name = (found[1] or "", found[2]) if found else ("", "")
    return NotPermitted(f"Redshift: {said} ({asked.as_user}). {_grant(kind, name, asked)}")


def _grant(kind: str, name: str, asked: Asked) -> str:
    user = f'"{asked.user}"' if asked.user else "the user"
    if not name or _SYSTEM_VIEW.match(name):
        return (
            f"A superuser can open the system views: GRANT ROLE sys:monitor TO {user}; and the "
            f"rows of other users: ALTER USER {user} SYSLOG ACCESS UNRESTRICTED."
        )
    if kind.lower() == "schema":
        return f"Its owner can allow it: GRANT USAGE ON SCHEMA {name} TO {user}."
    return f"Its owner can allow it: GRANT SELECT ON {name} TO {user}."


def _log_in(said: str, asked: Asked) -> DiagnosticError:
    return AccessDenied(
        f"Redshift refused {asked.as_user} at {asked.place}: {said}. Check the secret of "
        "REDSHIFT_SECRET_ARN (or REDSHIFT_DB_USER for temporary credentials): the password may "
        "have expired or been rotated, or the user been dropped."
    )


def _cancelled(said: str, asked: Asked) -> DiagnosticError:
    if "statement timeout" in said:
        return timed_out(asked)
    return Unavailable(
        f"Redshift cancelled the statement: {said}. Somebody, or a query monitoring rule, ended "
        "it; ask for less, or see check_redshift."
    )


def _full(said: str, asked: Asked) -> DiagnosticError:
    return Unavailable(
        f"Redshift at {asked.place} takes no further connection now: {said}. Try again in a minute."
    )


def _database(said: str, asked: Asked) -> DiagnosticError:
    return NotConfigured(f"Redshift: {said}. Set REDSHIFT_DATABASE to a database of {asked.place}.")


def _read_only(said: str, asked: Asked) -> DiagnosticError:
    return BadRequest(f"Redshift: {said}. Only reading is possible here: give one SELECT.")


def _ended(said: str, asked: Asked) -> DiagnosticError:
    return Unavailable(f"Redshift ended the connection: {said}. Ask again.")


def _refused(said: str, asked: Asked) -> DiagnosticError:
    return BadRequest(f"Redshift did not accept the statement: {said}. Correct it and ask again.")


_BY_CODE: Mapping[str, Callable[[str, Asked], DiagnosticError]] = {
    "42703": _missing_column,
    "42P01": _missing_relation,
    "3F000": _missing_relation,
    "42501": _not_permitted,
    "28P01": _log_in,
    "28000": _log_in,
    "57014": _cancelled,
    "53300": _full,
    "3D000": _database,
    "25006": _read_only,
    "57P01": _ended,
    "57P02": _ended,
    "57P03": _ended,
}


def _unreached(cause: BaseException, asked: Asked) -> DiagnosticError:
    """Nothing came back: name, route, time, or a certificate that is not trusted."""
    where = f"Redshift at {asked.host or asked.place}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NotConfigured(
            f"{where} shows a certificate that does not fit: {cause.verify_message}. Connect to "
            "the endpoint's own name, or name its authority in DE_AGENT_REDSHIFT_CA_FILE."
        )
    if isinstance(cause, socket.gaierror):
        return Unavailable(f"{where}: the name cannot be resolved. {_NETWORK}")
    if isinstance(cause, TimeoutError) or "time out" in str(cause):
        return Unavailable(
            f"{where} did not answer in time. {_NETWORK} Where it answers others, ask again."
        )
    said = " ".join(redact(str(cause)).split())[:SAID_CHARACTERS]
    if isinstance(cause, ConnectionRefusedError):
        return Unavailable(f"{where} refuses connections ({said}). {_NETWORK}")
    return Unavailable(f"{where} was lost: {said}. Ask again; if it stays so: {_NETWORK}")


_NETWORK = (
    "Check that this host reaches the VPC (security group, route, port), or set "
    "REDSHIFT_ACCESS=data-api, which needs no network path."
)
