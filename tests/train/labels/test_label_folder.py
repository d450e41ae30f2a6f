"""`sspnet-sdk label`: a folder of photographs becomes a data set that training reads."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from sspnet_train.data.people3d import people3d
from sspnet_train.labels import LabelError, label_folder
from sspnet_train.labels.movenet_teacher import MoveNet, MoveNetTeacher
from sspnet_train.millimetres.lifter import Lifter, save_lifter
from sspnet_train.network.init_movenet import HEADS, load_movenet, read_tfjs
from sspnet_train.network.movenet import LIGHTNING, MoveNetEntry, TrunkWidths
from tfjs_movenet import GraphOfFile, write_movenet

from sspnet_sdk.cli.main import main

NARROW = TrunkWidths(8, (8,) * 17, 16, (8, 8, 8, 8))


@pytest.fixture(scope="module")
def movenet(tmp_path_factory):
    return write_movenet(tmp_path_factory.mktemp("m") / "movenet.json", 64, NARROW)


@pytest.fixture(scope="module")
def lifter(tmp_path_factory):
    path = tmp_path_factory.mktemp("l") / "lifter.safetensors"
    torch.manual_seed(0)
    save_lifter(path, Lifter(8, 1))
    return path


@pytest.fixture
def photographs(tmp_path):
    """Three photographs, four people, of whom the first is labelled by hand."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(3):
        cv2.imwrite(str(folder / f"p{index}.png"), rng.integers(0, 256, (300, 400, 3), np.uint8))
    hand = [float(v) for k in range(17) for v in (100 + 5 * k, 50 + 10 * k, 2)]
    people = [
        (0, [80, 20, 120, 240], hand),
        (0, [210, 30, 80, 200], None),
        (1, [10, 10, 60, 90], None),
        (2, [300, 100, 90, 190], None),
    ]
    content = {
        "images": [{"id": index, "file_name": f"p{index}.png"} for index in range(3)],
        "annotations": [{"image_id": i, "bbox": box} | ({"keypoints": points} if points else {}) for i, box, points in people],
    }
    (tmp_path / "people.json").write_text(json.dumps(content))
    return folder


def test_training_reads_what_was_labelled(photographs, tmp_path, movenet, lifter) -> None:
    label_folder(photographs, tmp_path / "out", movenet, annotations=tmp_path / "people.json", lifter=lifter)
    samples = [sample for split in ("train", "val") for sample in people3d(tmp_path / "out", split)]
    assert len(samples) == 4
    for sample in samples:
        x, y, w, h = sample.box
        assert max(w, h) == pytest.approx(160, abs=2) or max(w, h) < 160
        assert x >= -1 and y >= -1 and x + w <= sample.image.shape[1] + 1 and y + h <= sample.image.shape[0] + 1
        assert sample.joints3d.shape == (17, 3) and np.isfinite(sample.keypoints).all()


def test_hand_labels_are_kept_where_they_are_in_the_photograph(photographs, tmp_path, movenet, lifter) -> None:
    label_folder(photographs, tmp_path / "out", movenet, annotations=tmp_path / "people.json", lifter=lifter)
    labels = np.load(tmp_path / "out" / "labels.npz")
    assert labels["origin"].tolist() == ["p0.png", "p0.png", "p1.png", "p2.png"]
    x, y, w, _ = labels["box"][0]
    scale, left_shoulder = 120 / w, labels["hand"][0, 9, :2]
    np.testing.assert_allclose((left_shoulder - [x, y]) * scale + [80, 20], [125.5, 100.5], atol=0.6)
    assert np.isnan(labels["hand"][1]).all()


def test_a_killed_run_goes_on_to_the_same_labels(photographs, tmp_path, movenet, lifter) -> None:
    def run() -> dict[str, bytes]:
        label_folder(photographs, tmp_path / "out", movenet, annotations=tmp_path / "people.json", lifter=lifter, part_size=2)
        return {path.name: path.read_bytes() for path in (tmp_path / "out").glob("photos_*.tar")}

    first = run()
    labels = np.load(tmp_path / "out" / "labels3d.npz")["keypoints"]
    (tmp_path / "out" / "parts" / "answers_01.npz").unlink()
    (tmp_path / "out" / "photos_01.tar").write_bytes(b"half")
    assert run() == first
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "labels3d.npz")["keypoints"], labels)


def test_other_photographs_are_not_mixed_into_a_labelled_folder(photographs, tmp_path, movenet, lifter) -> None:
    label_folder(photographs, tmp_path / "out", movenet, annotations=tmp_path / "people.json", lifter=lifter)
    (photographs / "p0.png").write_bytes((photographs / "p1.png").read_bytes() + b" ")
    with pytest.raises(LabelError, match="made with other people"):
        label_folder(photographs, tmp_path / "out", movenet, annotations=tmp_path / "people.json", lifter=lifter)


def test_blazeposes_answers_join_as_a_second_teacher(photographs, tmp_path, movenet, lifter) -> None:
    label_folder(photographs, tmp_path / "alone", movenet, annotations=tmp_path / "people.json", lifter=lifter)
    assert (np.load(tmp_path / "alone" / "labels.npz")["agree"] == 9).all()
    landmarks = np.full((1, 33, 3), 150.0)
    np.savez(tmp_path / "blaze.npz", photograph=np.array(["p1.png"]), landmarks=landmarks, world=np.zeros((1, 33, 3)))
    label_folder(
        photographs, tmp_path / "two", movenet, annotations=tmp_path / "people.json", blaze=tmp_path / "blaze.npz", lifter=lifter
    )
    labels = np.load(tmp_path / "two" / "labels.npz")
    assert np.isfinite(labels["blaze_xy"]).all(axis=(1, 2)).tolist() == [False, False, True, False]
    assert (labels["agree"] < 9).tolist() == [False, False, True, False]


def test_entry_flow_and_teacher_compute_what_the_graph_of_their_file_computes(tmp_path, movenet) -> None:
    torch.manual_seed(0)
    path = write_movenet(tmp_path / "lightning.json", 192, LIGHTNING)
    entry, narrow = MoveNetEntry(16, 17).eval(), MoveNet(NARROW).eval()
    load_movenet(entry, path)
    load_movenet(narrow, movenet)
    image = torch.rand(1, 3, 64, 96, dtype=torch.float64) * 2 - 1
    for network, file in ((entry.double(), path), (narrow.double(), movenet)):
        graph = GraphOfFile(read_tfjs(file))
        with torch.no_grad():
            fine, expected = network.trunk(image)[-1], graph.features(image)
            np.testing.assert_allclose(fine, expected, rtol=1e-3, atol=1e-5)
            for name in HEADS.keys() & dict(network.named_children()).keys():
                np.testing.assert_allclose(getattr(network, name)(fine), graph.head(name, expected), rtol=1e-3, atol=1e-4)


def test_the_decoded_joint_is_the_heatmaps_peak_near_the_regressed_one(movenet) -> None:
    teacher = MoveNetTeacher(movenet)
    answer = teacher.decode(np.zeros((2, 64, 64, 3), np.uint8))
    assert answer.shape == (2, 17, 3) and (answer[..., 2] > 0).all() and (answer[..., 2] < 1).all()
    np.testing.assert_array_equal(answer[0], answer[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": "none.json"}, "cannot read"),
        ({"movenet": "none.json"}, "not a MoveNet TensorFlow.js model"),
        ({"photographs": "nowhere"}, "no folder of photographs"),
        ({"blaze": "none.npz"}, "lacks photograph, landmarks or world"),
    ],
)
def test_bad_input_gets_one_line_that_names_it(photographs, tmp_path, movenet, lifter, change, message) -> None:
    given = {"photographs": photographs, "movenet": movenet, "annotations": tmp_path / "people.json"}
    given |= {name: tmp_path / value for name, value in change.items()}
    arguments = ["label", str(given.pop("photographs")), "--out", str(tmp_path / "out"), "--lifter", str(lifter)]
    result = CliRunner().invoke(main, arguments + [word for name, path in given.items() for word in (f"--{name}", str(path))])
    assert result.exit_code == 1 and message in result.output and len(result.output.strip().splitlines()) <= 2
