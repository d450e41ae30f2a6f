"""Folders of labels from elsewhere: damaged, of other shapes, or made to harm. Each is refused in one line."""

import io
import tarfile
import zipfile

import numpy as np
import pytest
from sspnet_train.data.people2d import people2d
from sspnet_train.data.people3d import people3d
from sspnet_train.data.synth3d import synth3d
from sspnet_train.data.tar_images import TarImages
from sspnet_train.data.whole_pictures import WholePictures
from sspnet_train.errors import DataError

READERS = {
    "synth3d": (synth3d, "labels.npz", "synth_00.tar"),
    "people2d": (people2d, "labels.npz", "hand_00.tar"),
    "people3d": (people3d, "labels.npz", "photos_00.tar"),
    "whole pictures": (WholePictures, "pictures.npz", "pictures.tar"),
}


class _Runs:
    def __reduce__(self):
        return pytest.fail, ("a data folder ran a program",)


def _npy(shape, rest=b""):
    """An array file whose head says more than it holds."""
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(content, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return content.getvalue() + rest


def _zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


HOSTILE = {
    "no zip": lambda path: path.write_bytes(b"hello" * 100),
    "empty": lambda path: path.write_bytes(b""),
    "one array": lambda path: path.write_bytes(_npy((3,), bytes(12))),
    "no arrays": lambda path: np.savez(path),
    "other arrays": lambda path: np.savez(path, x=np.zeros(3)),
    "pickles": lambda path: np.savez(path, name=np.array([_Runs()], object), picture=np.array([_Runs()], object)),
    "huge head": lambda path: _zipped(path, name=_npy((1 << 45,)), picture=_npy((1 << 45,))),
    "cut off": lambda path: _zipped(path, name=_npy((1000,), bytes(12)), picture=_npy((1000,), bytes(12))),
    "no numpy": lambda path: _zipped(path, name=b"hello", picture=b"hello"),
    "single numbers": lambda path: np.savez(path, **{name: np.float32(1) for name in ("name", "picture", "box")}),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("name", READERS)
def test_labels_that_are_none_are_refused_in_one_line(name, what, tmp_path):
    read, labels, tar = READERS[name]
    for file in {labels, "pictures.npz", "labels3d.npz"}:
        HOSTILE[what](tmp_path / file)
    with tarfile.open(tmp_path / tar, "w"):
        pass
    with pytest.raises(DataError, match=r"\.npz") as caught:
        read(tmp_path, "val")
    assert "\n" not in str(caught.value)


def test_a_label_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sspnet_train.data.label_file._MOST_BYTES", 1000)
    np.savez_compressed(tmp_path / "pictures.npz", picture=np.zeros(1000, "<U9"), box=np.zeros((1000, 4)))
    with pytest.raises(DataError, match=r"pictures\.npz unpacks to"):
        WholePictures(tmp_path, "all")


def test_rows_must_be_as_many_in_every_array(tmp_path):
    np.savez(tmp_path / "pictures.npz", picture=np.array(["a.jpg"] * 5), box=np.zeros((4, 4), np.float32))
    with pytest.raises(DataError, match=r"box must have the shape \(5, 4\), not \(4, 4\)"):
        WholePictures(tmp_path, "all")


def test_archives_that_are_none_or_lead_away_are_one_line(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"hello" * 1000)
    with pytest.raises(DataError, match=r"a\.tar is not a readable tar file"):
        TarImages([tmp_path / "a.tar"])
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        for name, target in (("x.jpg", "y.jpg"), ("y.jpg", "x.jpg"), ("z.jpg", "/etc/passwd")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        archive.addfile(tarfile.TarInfo("empty.jpg"))
    images = TarImages([tmp_path / "b.tar"])
    with pytest.raises(DataError, match=r"the picture x\.jpg of the labels is in no tar file"):
        images.read("x.jpg")
    with pytest.raises(DataError, match=r"empty\.jpg is not a readable image"):
        images.read("empty.jpg")
