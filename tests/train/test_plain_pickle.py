"""A data folder runs nothing: pickled arrays are read as plain data, and no file of the tree unpickles freely."""

from __future__ import annotations

import ast
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sspnet_train.data.plain_pickle import read_object
from sspnet_train.errors import DataError

ROOT = Path(__file__).parents[2]
POSES = {"S1": {"Walking 1": np.arange(24, dtype=np.float32).reshape(2, 4, 3)}, "S5": {}}


class Program:
    """What a hostile file would bring."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def write(path, value) -> Path:
    np.savez(path, positions_3d=np.array(value, dtype=object))
    return path


def test_nested_dictionaries_of_arrays_are_read(tmp_path):
    found = read_object(write(tmp_path / "poses.npz", POSES), "positions_3d")
    assert list(found) == ["S1", "S5"]
    np.testing.assert_array_equal(found["S1"]["Walking 1"], POSES["S1"]["Walking 1"])


@pytest.mark.parametrize("protocol", range(5))
def test_files_of_older_versions_of_numpy_are_read(tmp_path, protocol):
    import pickle

    path = tmp_path / "poses.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("positions_3d.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump(np.array(POSES, dtype=object), member, protocol=protocol)
    np.testing.assert_array_equal(read_object(path, "positions_3d")["S1"]["Walking 1"], POSES["S1"]["Walking 1"])


def test_a_file_that_asks_to_run_something_is_refused_and_runs_nothing(tmp_path):
    mark = tmp_path / "mark"
    for program in (Program(os.mkdir, str(mark)), Program(eval, f"open({str(mark)!r}, 'w')"), Program(np.save, str(mark), 1)):
        path = write(tmp_path / "hostile.npz", {"S1": program})
        with pytest.raises(DataError, match="asks to run") as caught:
            read_object(path, "positions_3d")
        assert str(path) in str(caught.value) and not list(tmp_path.glob("mark*"))


def test_damaged_and_foreign_files_are_refused_in_one_line(tmp_path):
    whole = write(tmp_path / "poses.npz", POSES).read_bytes()
    cases = {"cut": whole[: len(whole) // 2], "empty": b"", "words": b"not a zip"}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            read_object(tmp_path / name, "positions_3d")
    with pytest.raises(DataError, match="joints"):
        read_object(tmp_path / "poses.npz", "joints")
    np.savez(tmp_path / "numbers.npz", positions_3d=np.zeros(3))
    with pytest.raises(DataError, match="one dictionary"):
        read_object(tmp_path / "numbers.npz", "positions_3d")


def test_nothing_loads_pickles_or_torch_files_freely():
    """What the linter's rules about pickle do not see: NumPy's switch, and torch.load without weights_only."""
    for folder in ("sspnet_sdk", "train", "export", "examples", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("allow_pickle", "False") == "False", f"{path}:{node.lineno} loads pickles"
                if ast.unparse(node.func).endswith("torch.load"):
                    assert given.get("weights_only") == "True", f"{path}:{node.lineno} loads more than weights"
