"""Draws the icons of the installable desk from the sign's own measures (web/static/mark.svg), with nothing but arithmetic.

`python -m tools.icons` writes them; a test draws them again and compares.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "watchbill" / "web" / "static"
BLUE, WHITE = (0x21, 0x74, 0xA2), (0xFF, 0xFF, 0xFF)
GRID = 16  # the sign's own units
DISC, QUARTER = 7.2, 5.4  # a disc, and the quarter of a smaller one cut out of it, up to the right
FINE = 4  # samples along each side of a pixel

# name: pixels, colour of the sign, ground (None: none), how much of the picture the sign fills
ICONS = {
    "icon-192.png": (192, BLUE, None, 1.0),
    "icon-512.png": (512, BLUE, None, 1.0),
    "icon-180.png": (180, WHITE, BLUE, 0.72),  # iOS cuts its own corners and knows no transparency
    "maskable-512.png": (512, WHITE, BLUE, 0.62),  # inside the circle that every mask leaves
    "badge-96.png": (96, WHITE, None, 1.0),  # Android takes the shape alone
}


def draw(pixels: int, sign: tuple[int, int, int], ground: tuple[int, int, int] | None, fills: float) -> bytes:
    """The picture as PNG."""
    rows = bytearray()
    for row in _coverage(pixels, fills):
        rows.append(0)
        for share in row:
            if ground is None:
                rows += bytes((*sign, round(255 * share)))
            else:
                rows += bytes((*(round(g + (s - g) * share) for s, g in zip(sign, ground, strict=True)), 255))
    head = struct.pack(">IIBBBBB", pixels, pixels, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + _chunk(b"IEND", b"")


def _coverage(pixels: int, fills: float) -> list[list[float]]:
    """How much of each pixel the sign covers, 0 to 1."""
    step = GRID / (pixels * FINE * fills)
    start = -GRID / 2 / fills + step / 2
    at = [start + step * n for n in range(pixels * FINE)]
    counts = [[0] * pixels for _ in range(pixels)]
    for row, y in enumerate(at):
        line = counts[row // FINE]
        for column, x in enumerate(at):
            distance = x * x + y * y
            if distance <= DISC * DISC and not (x >= 0 and y <= 0 and distance <= QUARTER * QUARTER):
                line[column // FINE] += 1
    return [[count / FINE**2 for count in line] for line in counts]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


if __name__ == "__main__":
    for name, how in ICONS.items():
        (FOLDER / name).write_bytes(draw(*how))
        sys.stdout.write(f"{name}\n")
