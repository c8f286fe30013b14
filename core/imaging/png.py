"""A PNG that is proven whole, in a form that costs Pillow little.

Pillow checks few of a PNG's checksums, and takes a picture whose rows end early as one that is
black from there. So the pixels are inflated here, where their number and checksum are seen, and
handed on stored: they are inflated once all the same.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

from core.imaging.files import PNG_MARK
from core.imaging.grey import check_size

_SAMPLES: Mapping[int, int] = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type to samples a pixel."""

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_PASSES: Mapping[int, Sequence[tuple[int, int, int, int]]] = {
    0: ((0, 0, 1, 1),),
    1: (*_ADAM7, (0, 1, 1, 2)),
}
"""Interlacing to the first column and row of each pass, and the steps between them."""

_PADDING_BYTES = 64
"""Some writers pad their files."""


def whole_png(content: bytes) -> bytes:
    """The same picture with its pixels stored uncompressed, once all of it is proven right.

    Raises:
        DataError: If its size is none of a radiograph.
        ValueError: If a checksum is wrong, or the pixels are not as many as the header says.
        struct.error: If the file ends early.
        zlib.error: If the pixels cannot be inflated.

    Source: Portable Network Graphics (PNG) Specification, Third Edition, sections 5, 8 and 10.
    """
    place, name = len(PNG_MARK), b""
    parts: list[bytes | memoryview] = [PNG_MARK]
    pixels: list[memoryview] = []
    while name != b"IEND":
        num_bytes, name = struct.unpack_from(">I4s", content, place)
        end = place + 8 + num_bytes
        checksum = zlib.crc32(memoryview(content)[place + 4 : end])
        if struct.unpack_from(">I", content, end) != (checksum,):
            raise ValueError(f"the checksum of its part {name.decode('latin-1')} is wrong")
        if name == b"IDAT":
            pixels.append(memoryview(content)[place + 8 : end])
        else:
            if pixels:
                parts += _stored(_inflated(pixels, _num_bytes(content)))
                pixels.clear()
            parts.append(memoryview(content)[place : end + 4])
        place = end + 4
    if len(content) - place > _PADDING_BYTES:
        raise ValueError(f"{len(content) - place:,} bytes follow its end")
    return b"".join(parts)


def _num_bytes(content: bytes) -> int:
    """How many bytes the pixels have, of a file whose first part is its header."""
    name, width, height, depth, colour, interlacing = struct.unpack_from(
        ">4sIIBBxxB", content, len(PNG_MARK) + 4
    )
    if name != b"IHDR" or colour not in _SAMPLES or interlacing not in _PASSES:
        raise ValueError("its header is none of a PNG")
    check_size(width, height)
    num_bytes = 0
    for left, top, right, down in _PASSES[interlacing]:
        columns, rows = -((left - width) // right), -((top - height) // down)
        if columns > 0:
            num_bytes += rows * (1 + (columns * _SAMPLES[colour] * depth + 7) // 8)
    return num_bytes


def _inflated(pixels: Iterable[memoryview], num_bytes: int) -> bytes:
    """Rows, each after its filter byte; zlib compares their Adler-32."""
    inflater = zlib.decompressobj()
    rows = inflater.decompress(b"".join(pixels), num_bytes + 1)
    if len(rows) != num_bytes or not inflater.eof:
        told = "more" if len(rows) > num_bytes else "fewer"
        raise ValueError(f"it holds {told} pixels than its header says")
    if inflater.unused_data:
        raise ValueError("other data follow its pixels")
    return rows


def _stored(rows: bytes) -> tuple[bytes, bytes, bytes]:
    content = zlib.compress(rows, 0)
    checksum = zlib.crc32(content, zlib.crc32(b"IDAT"))
    return struct.pack(">I4s", len(content), b"IDAT"), content, struct.pack(">I", checksum)
