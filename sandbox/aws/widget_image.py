"""A line chart as PNG bytes, with nothing but the standard library."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from sandbox.aws.metric_store import Point

MARGIN = 20
LEAST, MOST = 60, 2000
WHITE, GREY = b"\xff\xff\xff", b"\xb0\xb0\xb0"
COLOURS = (b"\x1f\x77\xb4", b"\xff\x7f\x0e", b"\x2c\xa0\x2c", b"\xd6\x27\x28")


def draw(
    lines: Sequence[Sequence[Point]], start: datetime, end: datetime, size: tuple[int, int]
) -> bytes:
    """Axes and one coloured line a series, the value axis from 0 to the greatest value."""
    width, height = (min(max(side, LEAST), MOST) for side in size)
    image = bytearray(WHITE * (width * height))
    bottom, right = height - MARGIN, width - MARGIN
    _stroke(image, width, (MARGIN, MARGIN), (MARGIN, bottom), GREY)
    _stroke(image, width, (MARGIN, bottom), (right, bottom), GREY)
    most = max((value for line in lines for _, value in line), default=0.0) or 1.0
    span = (end - start).total_seconds() or 1.0
    for number, line in enumerate(lines):
        dots = [
            (
                MARGIN + round(_share((at - start).total_seconds() / span) * (right - MARGIN)),
                bottom - round(_share(value / most) * (bottom - MARGIN)),
            )
            for at, value in line
        ]
        for before, after in zip(dots, dots[1:] or dots, strict=False):
            _stroke(image, width, before, after, COLOURS[number % len(COLOURS)])
    return _png(bytes(image), width, height)


def _share(part: float) -> float:
    return min(max(part, 0.0), 1.0)


def _stroke(
    image: bytearray, width: int, start: tuple[int, int], end: tuple[int, int], colour: bytes
) -> None:
    for x, y in _between(start, end):
        place = 3 * (y * width + x)
        image[place : place + 3] = colour


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        yield (
            start[0] + (end[0] - start[0]) * step // steps,
            start[1] + (end[1] - start[1]) * step // steps,
        )


def _png(pixels: bytes, width: int, height: int) -> bytes:
    stride = 3 * width
    rows = b"".join(b"\0" + pixels[y * stride : (y + 1) * stride] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
