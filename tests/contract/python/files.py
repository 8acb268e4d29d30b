"""Files to upload."""

import io
import struct
import zlib


def named(name, content):
    """A file as the SDK takes one."""
    file = io.BytesIO(content)
    file.name = name
    return file


def png(width=1, height=1):
    """A grey picture."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x99" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    picture = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + picture


def amr():
    """A second of speech that says nothing."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50


def mp4():
    """The beginning of a film."""
    return b"\0\0\0\x10ftypisom\0\0\0\0"
