"""Labels of one's own in COCO's format, as tools and scripts really write them: read, or refused in one line."""

from __future__ import annotations

import json

import pytest
from dataset_layouts import write_own_coco, write_picture
from sspnet_train.data.coco import coco
from sspnet_train.data.pictures import read_picture
from sspnet_train.errors import DataError

NAN = float("nan")


def people(folder):
    """Everybody of both splits."""
    return [source[index] for source in (coco(folder, "train"), coco(folder, "val")) for index in range(len(source))]


def rewritten(folder, change):
    """Eight photographs with a label each, of which `change` alters the file's content."""
    write_own_coco(folder, 8)
    content = json.loads((folder / "annotations.json").read_text())
    change(content, content["annotations"][0])
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda c, p: p.update(keypoints=p["keypoints"][:42]), "a person of photo_0.jpg has 42 numbers as keypoints, not 51"),
        (lambda c, p: p["keypoints"].__setitem__(0, NAN), "a person of photo_0.jpg needs four finite numbers as bbox"),
        (lambda c, p: p["keypoints"].__setitem__(0, None), "a person of photo_0.jpg needs four finite numbers as bbox"),
        (lambda c, p: p.update(bbox=[NAN, 0, 10, 10]), "a person of photo_0.jpg needs four finite numbers as bbox"),
        (lambda c, p: p.update(bbox=[1, 0, 10]), "a person of photo_0.jpg needs four finite numbers as bbox"),
        (lambda c, p: p.update(bbox=[0, 0, 1e5, 1e5]), "the bbox 0, 0, 100000, 100000, far outside of the picture"),
        (lambda c, p: p.update(bbox=[-300, 0, 90, 90]), "the bbox -300, 0, 90, 90, far outside"),
        (lambda c, p: c["images"].append({"id": 0, "file_name": "x.jpg"}), "two pictures have the id 0: photo_0.jpg and x.jpg"),
        (lambda c, p: c["images"][0].update(file_name="x.jpg"), "names x.jpg, which is not in"),
        (lambda c, p: c["images"][0].update(file_name=5), "is not COCO keypoints"),
        (lambda c, p: c["annotations"].append([]), "is not COCO keypoints"),
        (lambda c, p: [other.pop("keypoints") for other in c["annotations"]], "is not COCO keypoints"),
        (lambda c, p: c["images"][0].update(width=400, height=400), "photo_0.jpg has 200 x 200 pixels, its labels 400 x 400"),
    ],
)
def test_labels_that_would_teach_nonsense_are_refused_in_one_line(tmp_path, change, line):
    with pytest.raises(DataError, match=line) as caught:
        people(rewritten(tmp_path, change))
    assert "\n" not in str(caught.value)


def test_a_box_is_checked_too_where_the_file_does_not_say_how_large_its_picture_is(tmp_path):
    def change(content, person):
        [image.pop("width") for image in content["images"]]
        person.update(bbox=[0, 0, 1e5, 1e5])

    with pytest.raises(DataError, match="far outside of the picture's 200 x 200 pixels"):
        people(rewritten(tmp_path, change))


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (lambda c, p: c["annotations"].append({"image_id": 0, "category_id": 2, "bbox": [1, 1, 9, 9]}), 8),
        (lambda c, p: p.update(keypoints=None), 7),
        (lambda c, p: p["keypoints"].__setitem__(slice(0, 3), [None, None, 0]), 8),
        (lambda c, p: p.update(segmentation={"size": [200, 200], "counts": "aX1"}, keypoints=[*map(float, p["keypoints"])]), 8),
        (lambda c, p: c["images"].append(dict(c["images"][0])), 8),
        (lambda c, p: [image.update(width=0, height=0) for image in c["images"]], 8),
        (lambda c, p: p.update(bbox=[-100, -20, 400, 380]), 8),
    ],
)
def test_what_stands_beside_people_does_not_matter(tmp_path, change, count):
    assert len(people(rewritten(tmp_path, change))) == count


def test_a_file_as_windows_writes_it_is_read(tmp_path):
    write_own_coco(tmp_path, 8)
    file = tmp_path / "annotations.json"
    file.write_text(file.read_text(), encoding="utf-8-sig")
    assert len(people(tmp_path)) == 8


def test_opencv_gets_no_path_which_it_may_not_be_able_to_open(tmp_path, monkeypatch):
    write_picture(tmp_path / "Jürgen.png", value=40)
    monkeypatch.setattr("cv2.imread", lambda *_: None)
    assert read_picture(tmp_path / "Jürgen.png")[0, 0].tolist() == [40, 40, 40]
