"""Data sets from elsewhere whose download broke off, or of which a file is another: one line names the file."""

import dataset_layouts as layouts
import pytest
from drawn_people import drawn_person
from sspnet_train.data.human36m import human36m
from sspnet_train.data.mpi_inf_3dhp import mpi_inf_3dhp
from sspnet_train.data.mpii import mpii
from sspnet_train.errors import DataError


def _archive(folder):
    layouts.write_human36m_archive(folder, "S1", "Directions 1", 3)
    layouts.write_video(folder / "S1" / "Videos" / "Directions 1.54138969.mp4", 3)


def _npz(folder):
    layouts.write_human36m_npz(folder, "S1", "Directions 1", 3)
    layouts.write_picture(folder / "images" / "S1" / "Directions 1.54138969" / "img_000001.jpg")


def _mpii(write):
    return lambda folder: write(folder, drawn_person(0).keypoints)


FILES = {
    "S1/MyPoseFeatures/D3_Positions_mono/Directions 1.54138969.cdf": (_archive, human36m, "train"),
    "S1/Directions-1/annot.h5": (lambda folder: layouts.write_human36m_h5(folder, "S1", "Directions-1", 3), human36m, "train"),
    "data_3d_h36m.npz": (_npz, human36m, "train"),
    "camera-parameters.json": (_npz, human36m, "train"),
    "S1/Seq1/annot.mat": (layouts.write_mpi_training, mpi_inf_3dhp, "train"),
    "mpi_inf_3dhp_test_set/TS1/annot_data.mat": (layouts.write_mpi_test, mpi_inf_3dhp, "val"),
    "mpii_human_pose_v1_u12_1.mat": (_mpii(layouts.write_mpii_mat), mpii, "train"),
    "annot/train.json": (_mpii(layouts.write_mpii_json), mpii, "train"),
}
DAMAGE = {
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "a page instead": lambda content: b"<html>404</html>",
    "other JSON": lambda content: b'{"a": 1}',
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_in_one_line(name, damage, tmp_path):
    write, read, split = FILES[name]
    write(tmp_path)
    assert len(read(tmp_path, split))
    file = tmp_path / name
    file.write_bytes(DAMAGE[damage](file.read_bytes()))

    with pytest.raises(DataError) as told:
        read(tmp_path, split)

    assert str(file) in str(told.value) and "\n" not in str(told.value)
