"""Anticipated failures. Each says who can fix it, what was looked for, and the next call.

DiagnosticError            shown to the caller as it stands
+-- BadRequest             the caller: an argument is wrong or ambiguous
    +-- MissingColumn      a statement names a column that this cluster has not
    +-- MissingRelation    a statement names a table or view that this cluster has not
+-- NotFound               the caller: nothing by that name; near names are listed
+-- NotConfigured          the operator: a setting is missing
+-- AccessDenied           the operator: names the missing permission
    +-- NotPermitted       the database's owner: a GRANT is missing
+-- Unavailable            nobody, or later: slow, throttled, paused or unreachable backend
"""

from mcp.server.mcpserver.exceptions import ToolError


class DiagnosticError(ToolError):
    """A failure that was anticipated; its text is redacted and ends with what to do next."""


class BadRequest(DiagnosticError):
    """An argument is wrong or ambiguous."""


class NotFound(DiagnosticError):
    """Nothing by that name exists; the text lists the near ones."""


class NotConfigured(DiagnosticError):
    """A setting is missing; the text names the variable."""


class AccessDenied(DiagnosticError):
    """The service refused this role; the text names the missing action."""


class Unavailable(DiagnosticError):
    """The backend was slow, throttled, paused or out of reach."""


class MissingColumn(BadRequest):
    """A statement names a column that this cluster has not; `name` is the column, "" if unsaid."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


class MissingRelation(BadRequest):
    """A statement names a table or view that this cluster has not; `name` as it was written."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


class NotPermitted(AccessDenied):
    """The database user lacks a right; the text names the grant that gives it."""
