"""A fixed clock and fixed randomness for one native library, so that what it does can be replayed.

A library finds the clock and the randomness of the system through a table of addresses that the
loader fills in. Here four entries of that table are replaced before the library is initialised:
the clock then stands still, and randomness is a stream that a seed decides. Only this process is
concerned. Left out: systems other than Linux, where the table has another form.
"""

import ctypes
import hashlib
import mmap
import platform
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

from firsthand.errors import SandboxError

NOW = 1_930_000_000
"""What the clock says: a morning in February 2031."""
_DYNAMIC, _NEEDED_TAGS = 2, {"size": 2, "strings": 5, "symbols": 6, "rela": 7, "rela_size": 8}
_PLT = 23
_PAGE, _READ_WRITE = 4096, 3
_NAMES = ("clock_gettime", "getrandom", "dlsym")

_STILL = b"\x48\xc7\x06" + struct.pack("<i", NOW) + bytes.fromhex("48c746080000000031c0c3")
"""A clock that stands still, for x86-64: store the seconds and no nanoseconds, return 0. A command
asks it a thousand times, which Python would take a millisecond to answer.
"""
_Clock = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_Random = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint)
_Lookup = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)


class Pinned:
    """The clock and the randomness of the shared library at `path`, which is loaded for it.
    `symbol` is any name that it defines.

    Raises `SandboxError` where this cannot be done.
    """

    def __init__(self, path: str, symbol: str) -> None:
        if sys.platform != "linux" or struct.calcsize("P") != 8:
            raise SandboxError(f"The clock of a library cannot be fixed on {sys.platform}.")
        self.seed(b"")
        self._library = ctypes.CDLL(path)
        self._system = ctypes.CDLL(None)
        self._lookup = _Lookup(("dlsym", self._system))
        self._kept = {
            "clock_gettime": _Clock(self._clock),
            "getrandom": _Random(self._random),
            "dlsym": _Lookup(self._find),
        }
        found = {
            name: address
            for name, address in _entries(_base(self._library, symbol))
            if name in _NAMES
        }
        if len(found) < len(_NAMES):
            raise SandboxError(f"The clock of {path} cannot be fixed: it was built differently.")
        for name, address in found.items():
            self._replace(address, self._address(name))
        if platform.machine() == "x86_64":
            self._code = mmap.mmap(
                -1, _PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
            )
            self._code.write(_STILL)
            code = ctypes.addressof(ctypes.c_char.from_buffer(self._code))
            self._replace(found["clock_gettime"], code)

    def seed(self, seed: bytes) -> None:
        """Begin the stream of randomness anew."""
        self._seed, self._drawn = hashlib.blake2b(seed).digest(), 0

    def _address(self, name: str) -> int:
        return ctypes.cast(self._kept[name], ctypes.c_void_p).value or 0

    def _replace(self, address: int, value: int) -> None:
        page = ctypes.c_void_p(address & -_PAGE)
        if self._system.mprotect(page, 2 * _PAGE, _READ_WRITE):
            raise SandboxError("The clock of a library cannot be fixed: its table is locked.")
        ctypes.c_uint64.from_address(address).value = value

    def _clock(self, _which: int, time: int) -> int:
        ctypes.memmove(time, struct.pack("qq", NOW, 0), 16)
        return 0

    def _random(self, buffer: int, length: int, _flags: int) -> int:
        self._drawn += bool(length)
        stream = hashlib.shake_128(self._seed + self._drawn.to_bytes(8, "little"))
        if length:
            ctypes.memmove(buffer, stream.digest(length), length)
        return length

    def _find(self, library: int | None, name: bytes) -> int | None:
        if name == b"getrandom":
            return self._address("getrandom")
        find: Callable[..., Any] = self._lookup
        return find(library, name)


def _entries(base: int) -> Iterator[tuple[str, int]]:
    """Yield the names that a loaded library looks up, and the addresses of their table entries."""
    (headers,) = struct.unpack("<Q", ctypes.string_at(base + 32, 8))
    size, count = struct.unpack("<HH", ctypes.string_at(base + 54, 4))
    tags: dict[int, int] = {}
    for i in range(count):
        header = struct.unpack("<IIQQQQQQ", ctypes.string_at(base + headers + i * size, 56))
        if header[0] == _DYNAMIC:
            tags = dict(struct.iter_unpack("<qQ", ctypes.string_at(base + header[3], header[5])))

    def at(tag: int) -> int:
        return tags[tag] if tags[tag] >= base else base + tags[tag]

    tables = [(at(_NEEDED_TAGS["rela"]), tags[_NEEDED_TAGS["rela_size"]])]
    if _PLT in tags:
        tables.append((at(_PLT), tags[_NEEDED_TAGS["size"]]))
    symbols, strings = at(_NEEDED_TAGS["symbols"]), at(_NEEDED_TAGS["strings"])
    for start, length in tables:
        for offset, info, _ in struct.iter_unpack("<QQQ", ctypes.string_at(start, length)):
            if number := info >> 32:
                (name,) = struct.unpack("<I", ctypes.string_at(symbols + 24 * number, 4))
                yield ctypes.string_at(strings + name).decode(), base + offset


class _Found(ctypes.Structure):
    """Where something lies in memory, as the loader tells it."""

    _fields_ = (
        ("file", ctypes.c_char_p), ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p), ("address", ctypes.c_void_p),
    )  # fmt: skip


def _base(library: Any, symbol: str) -> int:
    """Return where a library begins; /proc would tell too, but not to every process."""
    found = _Found()
    address = ctypes.cast(library[symbol], ctypes.c_void_p)
    if not ctypes.CDLL(None).dladdr(address, ctypes.byref(found)):
        raise SandboxError("The clock of a library cannot be fixed: it was not found in memory.")
    return int(found.base)
