"""A file's bytes as one array, which grows when the file does."""

import contextlib
import ctypes
import math
import mmap
import os
import sys
import time
import weakref
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

_MAP_FIXED = 0x10  # of Linux and macOS
_LOOK_EVERY_S = 0.01


class Mapping:
    """An open file, mapped into memory. Owns ``file`` and closes it.

    ``data`` is replaced when the file has grown (`refresh`); arrays taken from it before stay valid until `close`. Where the
    file has become shorter, they hold zeros for what is missing, from the next look at its size on, and whoever asks for
    ``data`` has had a look lately: the system would end the process that touches it (SIGBUS). Windows lets nobody cut a file
    that is mapped.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._map: mmap.mmap | None = None
        self._maps: list[weakref.ref[mmap.mmap]] = []  # this and those before, as far as an array is alive
        self._missing_from = sys.maxsize  # what lies behind in these maps is zeros already
        self._look_at = 0.0  # monotonic seconds
        self._data: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self.refresh()

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """The bytes."""
        if time.monotonic() >= self._look_at:
            self.size_on_disk()
        return self._data

    @property
    def size(self) -> int:
        """Bytes mapped."""
        return self._data.size

    @property
    def descriptor(self) -> int:
        """The number by which the operating system knows the open file."""
        return self._file.fileno()

    def size_on_disk(self) -> int:
        """Bytes that the file has now. Where that is less than what was mapped, the rest can be touched afterwards."""
        size = os.fstat(self._file.fileno()).st_size
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        if size < min(self._data.size, self._missing_from) and sys.platform != "win32":
            self._put_zeros(size)
        return size

    def _put_zeros(self, start: int) -> None:
        """Let all maps hold pages of zeros from the first page on of which nothing is in the file any more."""
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        for known in self._maps:
            mapped = known()
            if mapped is not None and first < len(mapped):
                address = np.frombuffer(mapped, np.uint8).ctypes.data
                _zeros(address + first, len(mapped) - first)
        self._missing_from = start

    def refresh(self) -> bool:
        """Map what was appended since; whether there was anything. A file that shrank keeps its mapping (see `shrank`)."""
        size = self.size_on_disk()
        if size <= self._data.size:
            return False
        self._map = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)
        self._maps = [known for known in self._maps if known() is not None] + [weakref.ref(self._map)]
        self._data = np.frombuffer(self._map, np.uint8)
        self._missing_from = sys.maxsize
        return True

    def shrank(self) -> bool:
        """Whether the file is shorter than its mapping."""
        return self.size_on_disk() < self._data.size

    def close(self) -> None:
        """Let go of the file. Where somebody still holds an array, the mapping goes with that array."""
        self._data, self._look_at = np.empty(0, np.uint8), math.inf
        if self._map is not None:
            with contextlib.suppress(BufferError):  # an array of a reader is alive; closing under it would crash
                self._map.close()
            self._map = None
        self._file.close()


def _zeros(address: int, size: int) -> None:
    """Put memory of zeros in place of what is mapped there: whole pages, of a map that is alive. Raises `OSError`."""
    if sys.platform != "win32":  # nobody cuts a file there that is mapped
        library = ctypes.CDLL(None, use_errno=True)
        library.mmap.restype = ctypes.c_void_p
        library.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED
        if library.mmap(address, size, mmap.PROT_READ, flags, -1, 0) != address:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
