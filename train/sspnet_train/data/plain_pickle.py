"""Read an array of Python objects from an .npz without running what the file says.

NumPy stores such arrays as pickles, and a pickle may call any function. Here it may build dictionaries, lists, words, numbers
and arrays of numbers, and nothing else.
"""

from __future__ import annotations

import codecs
import pickle
import zipfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.lib import format as npy

from sspnet_train.errors import DataError


def read_object(path: Path, name: str) -> Any:
    """The one object in an array of shape ().

    Args:
        path: an .npz file.
        name: of the array in it.

    Raises:
        DataError: the file is damaged, has no such array, or asks for more than plain data.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
            read_header = npy.read_array_header_1_0 if npy.read_magic(member) == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read_header(member)
            if shape != () or not dtype.hasobject:
                raise DataError(f"{path}: expected {name} to hold one dictionary, found an array of shape {shape}, {dtype}")
            return _PlainUnpickler(member, encoding="latin1").load().item()
    except DataError as error:
        raise DataError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except (LookupError, OSError, EOFError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
        raise DataError(f"{path} is not a readable .npz with {name}: {error}") from None
    except (zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise DataError(f"{path} is damaged: {error}") from None


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return _bytes_of
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _empty_array
        raise DataError(f"it asks to run {module}.{name}; data needs arrays, dictionaries and words alone")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise DataError("it names objects outside the file")


def _bytes_of(text: str, encoding: str) -> bytes:
    """How old pickles write bytes."""
    if encoding != "latin1":
        raise DataError(f"it writes bytes as {encoding}; expected latin1")
    return codecs.encode(text, "latin1")


def _empty_array(kind: type, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    """What NumPy's pickles make first and fill then."""
    return np.ndarray(0, np.uint8)
