"""Replace each secret's value in a text by `***`, line for line."""


def redact(text: str) -> str:
    """Return `text` with each secret's value as `***`; the number of lines never changes.

    Keys, ids, hashes, ARNs, hosts and paths stay. Redacting twice changes nothing more.
    """
    # Its rules are read when a text is first redacted: every module may import this for nothing.
    from mcp_server.diagnostics.redact_text import redacted

    return redacted(text)
