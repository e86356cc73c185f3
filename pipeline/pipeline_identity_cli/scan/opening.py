"""Opening what holds text: compressed files, archives and the encodings of PowerShell."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pipeline_identity_cli.scan.leaks import NotRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEEPEST = 4
"""How many archives and compressions may stand in one another."""
_MOST_UNPACKED, _ALWAYS_UNPACKED = 200, 256 * 1024 * 1024
"""A file that unpacks to more than 200 times its size, and more than 256 MiB, is no log but an attack."""

_COMPRESSED: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": lambda file: cast("BinaryIO", gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast("BinaryIO", bz2.BZ2File(file)),
    b"\xfd7zXZ\x00": lambda file: cast("BinaryIO", lzma.LZMAFile(file)),  # noqa: SIM115 - the caller closes it
}
_CLOSED = {
    b"\x28\xb5\x2f\xfd": "it is compressed by zstd: unpack it",
    b"\x04\x22\x4d\x18": "it is compressed by lz4: unpack it",
    b"7z\xbc\xaf\x27\x1c": "it is a 7z archive: unpack it",
    b"Rar!\x1a\x07": "it is a RAR archive: unpack it",
    b"%PDF-": "it is a PDF, whose text is compressed: export its text",
    b"PACK\x00\x00": "it is a pack of Git, which is compressed: add --git-history",
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile)
"""What reading a damaged file raises."""


def opened(name: str, stream: BinaryIO, depth: int = 0) -> Iterator[tuple[str, io.TextIOBase | NotRead]]:
    """The texts in a file: one, or one for each member of an archive. Read each before you ask for the next.

    Args:
        name: What the file is called in the report.
        stream: Its content.
        depth: How many archives it stands in.

    Raises:
        NotRead: The file is of a form that is not read.
    """
    if depth > _DEEPEST:
        raise NotRead(f"it stands in more than {_DEEPEST} archives: unpack it")
    with io.BufferedReader(cast("io.RawIOBase", stream)) as buffered:
        yield from _opened(name, buffered, depth)


def _opened(name: str, buffered: Any, depth: int) -> Iterator[tuple[str, io.TextIOBase | NotRead]]:
    start = buffered.peek(512)[:512]
    for magic, reason in _CLOSED.items():
        if start.startswith(magic):
            raise NotRead(reason)
    for magic, unpack in _COMPRESSED.items():
        if start.startswith(magic):
            counted = _Counted(buffered)
            with unpack(cast("BinaryIO", counted)) as unpacked:
                yield from opened(name, cast("BinaryIO", _Bounded(unpacked, counted)), depth + 1)
            return
    if start.startswith(_ZIP):
        yield from _zip(name, buffered, depth)
    elif start[257:262] == b"ustar":
        yield from _tar(name, buffered, depth)
    else:
        # Whatever is no text in this encoding cannot be a key either, and must not hide the keys around it.
        yield name, io.TextIOWrapper(buffered, _encoding(start), errors="replace", newline="")


def _encoding(start: bytes) -> str:
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    # Some programs write UTF-16 without its mark: then every other byte of plain text is zero.
    if len(start) >= 16 and not any(start[1::2][:64]) and all(start[::2][:64]):
        return "utf-16-le"
    return "utf-8"


def _zip(name: str, stream: BinaryIO, depth: int) -> Iterator[tuple[str, io.TextIOBase | NotRead]]:
    # The list of a zip archive stands at its end, and streams and archives in archives only go forward.
    content = stream.read(_ALWAYS_UNPACKED + 1) if depth or not stream.seekable() else b""
    if len(content) > _ALWAYS_UNPACKED:
        raise NotRead("it is a zip archive that is too large to be read from a pipe: name its file")
    with zipfile.ZipFile(io.BytesIO(content) if content else stream) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            inner = f"{name}!{member.filename}"
            if member.flag_bits & 1:
                yield inner, NotRead("it is encrypted: unpack it")
                continue
            if member.file_size > max(_ALWAYS_UNPACKED, _MOST_UNPACKED * member.compress_size):
                yield inner, NotRead(f"it unpacks to more than {_MOST_UNPACKED} times its size")
                continue
            yield from _member(inner, lambda member=member: cast("BinaryIO", archive.open(member)), depth)


def _tar(name: str, stream: BinaryIO, depth: int) -> Iterator[tuple[str, io.TextIOBase | NotRead]]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isfile():
                content = archive.extractfile(member)
                if content:
                    # Python 3.11 and older cannot say of a member of a stream that it only goes forward.
                    forward = cast("BinaryIO", _Counted(content))
                    yield from _member(f"{name}!{member.name}", lambda forward=forward: forward, depth)


def _member(name: str, open_it: Callable[[], BinaryIO], depth: int) -> Iterator[tuple[str, io.TextIOBase | NotRead]]:
    """The texts in a member of an archive; why one is not read does not keep the others from being read."""
    try:
        yield from opened(name, open_it(), depth + 1)
    except NotRead as reason:
        yield name, reason
    except NotImplementedError:
        yield name, NotRead("it is compressed in a way that is not known: unpack it")


class _Counted(io.RawIOBase):
    """A stream that knows how much of it was read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.taken = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Read into a buffer."""
        count = self._stream.readinto(buffer)
        self.taken += count
        return count


class _Bounded(io.RawIOBase):
    """An unpacked stream that ends in an error where it grows out of all proportion."""

    def __init__(self, stream: BinaryIO, packed: _Counted) -> None:
        self._stream = stream
        self._packed = packed
        self._given = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Read into a buffer.

        Raises:
            NotRead: There is too much of it.
        """
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._given += len(data)
        if self._given > max(_ALWAYS_UNPACKED, _MOST_UNPACKED * self._packed.taken):
            raise NotRead(f"it unpacks to more than {_MOST_UNPACKED} times its size")
        return len(data)
