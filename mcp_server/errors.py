"""Anticipated failures. Each says who can fix it, what was looked for, and the next call.

DiagnosticError            shown to the caller as it stands
+-- BadRequest             the caller: an argument is wrong or ambiguous
+-- NotFound               the caller: nothing by that name; near names are listed
+-- NotConfigured          the operator: a setting is missing
+-- AccessDenied           the operator: names the missing permission
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
