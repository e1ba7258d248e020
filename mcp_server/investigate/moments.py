"""Times as a sentence says them."""

from datetime import datetime


def clock_time(moment: datetime, beside: datetime) -> str:
    """Say "02:41" on the day of `beside`, "21 Nov 22:10" on another; UTC."""
    text = f"{moment:%H:%M}"
    return text if moment.date() == beside.date() else f"{moment.day} {moment:%b} {text}"
