"""libsspnet gives the answers of the Python runtime, on photographs, through the same engine."""

import json

import cv2
import numpy as np
import pytest
from conftest import ROOT
from sspnet_train.data.sample import JOINTS
from sspnet_train.millimetres.pose_lift import NEXT_TO

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import DEFAULT_BUNDLE
from sspnet_sdk.finding.person_box import iou

pytestmark = pytest.mark.slow

PEOPLE = json.loads((ROOT / "examples/photos/people.json").read_text())
SEEN = 0.1
"""Confidence from which a joint is held to half a pixel. One value of ten thousand differs between the two crops, by one grey
level; where the network has no idea of a joint (outside the picture), that alone has moved it by 1.5 px."""
SURELY_SEEN = 0.3
"""Confidence from which a joint stays where it is when the box moves by hundredths of a pixel."""
UNSEEN_APART = 0.05
"""How far others may lie apart, as a share of the box."""
TOLD_FROM = [NEXT_TO.get(joint, joint) for joint in range(JOINTS)]
"""The joint from which each one's millimetres are told: face and feet hang on the head and the ankles. A heel that is seen
beside an ankle that is not moves with the guess of the ankle."""
PHOTOS = sorted({person["file"] for person in PEOPLE})


def boxes_in(photo):
    return [person["box"] for person in PEOPLE if person["file"] == photo]


@pytest.fixture
def as_ppm(tmp_path):
    """A photograph as an array and as a PPM file of the same pixels."""

    def convert(photo):
        image = cv2.imread(str(ROOT / "examples/photos" / photo))
        path = tmp_path / f"{photo}.ppm"
        cv2.imwrite(str(path), image)
        return image, path

    return convert


def poses_of(run):
    assert run.returncode == 0, run.stderr.decode()
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize(("size", "cut"), [(256, 8), (128, 8), (128, 2)])
def test_poses_in_given_boxes_agree_within_half_a_pixel(demo, engine, as_ppm, size, cut):
    estimator = Estimator(backend=engine, threads=1, input_size=size, cut=cut)
    for photo in PHOTOS:
        image, path = as_ppm(photo)
        boxes = [word for box in boxes_in(photo) for word in ("--box", ",".join(map(str, box)))]
        poses = poses_of(demo("--json", "--size", size, "--cut", cut, *boxes, DEFAULT_BUNDLE, path))
        assert len(poses) == len(boxes_in(photo))
        for box, pose in zip(boxes_in(photo), poses, strict=True):
            expected = estimator.predict(image, box)
            seen = expected.confidence >= SEEN
            assert seen.any()
            np.testing.assert_allclose(np.array(pose["keypoints"])[seen], expected.keypoints[seen], atol=0.5)
            placed = seen & seen[TOLD_FROM]
            np.testing.assert_allclose(np.array(pose["joints3d"])[placed], expected.joints3d[placed], atol=2)
            np.testing.assert_allclose(pose["joints3d"], expected.joints3d, atol=20)
            np.testing.assert_allclose(pose["keypoints"], expected.keypoints, atol=0.01 * max(expected.box[2:]))
            np.testing.assert_allclose(pose["confidence"], expected.confidence, atol=0.02)
            assert (pose["cut"], pose["input_size"], pose["unsure"]) == (cut, size, expected.unsure)


def test_a_bundles_own_lift_gives_the_millimetres(demo, engine, as_ppm, lifting_bundle):
    image, path = as_ppm(PHOTOS[0])
    estimator = Estimator(lifting_bundle, backend=engine, threads=1, input_size=128, cut=2)
    boxes = [word for box in boxes_in(PHOTOS[0]) for word in ("--box", ",".join(map(str, box)))]
    poses = poses_of(demo("--json", "--size", 128, "--cut", 2, *boxes, lifting_bundle, path))
    for box, pose in zip(boxes_in(PHOTOS[0]), poses, strict=True):
        expected = estimator.predict(image, box)
        np.testing.assert_allclose(pose["joints3d"], expected.joints3d, atol=2)
        by_bones = Estimator(backend=engine, threads=1, input_size=128, cut=2).predict(image, box)
        assert np.abs(expected.joints3d - by_bones.joints3d).max() > 20


def test_a_number_changed_in_the_manifest_changes_what_is_believed(demo, as_ppm, doubting_bundle):
    _image, path = as_ppm(PHOTOS[0])
    box = ",".join(map(str, boxes_in(PHOTOS[0])[0]))
    asked = [
        poses_of(demo("--json", "--size", 128, "--cut", 2, "--box", box, each, path))
        for each in (DEFAULT_BUNDLE, doubting_bundle)
    ]
    assert [pose["unsure"] for (pose,) in asked] == [False, True]


def keypoints_agree(pose, expected):
    """Within a pixel where the joint is seen. A toe under a table has two places in its map, between which a tenth of a pixel of
    the box decides."""
    apart = np.abs(np.array(pose["keypoints"]) - expected.keypoints).max(axis=1)
    assert apart[expected.confidence >= SEEN].max() <= 1.0
    assert apart.max() <= UNSEEN_APART * max(expected.box[2:])


@pytest.mark.parametrize("photo", PHOTOS)
def test_the_person_who_is_found_is_the_same(demo, engine, as_ppm, photo):
    image, path = as_ppm(photo)
    (pose,) = poses_of(demo("--json", DEFAULT_BUNDLE, path))
    estimator = Estimator(backend=engine, threads=1)
    expected = estimator.predict(image)
    np.testing.assert_allclose(pose["box"], expected.box, atol=0.2)
    apart = np.abs(np.array(pose["keypoints"]) - expected.keypoints).max(axis=1)
    assert apart[expected.confidence >= SURELY_SEEN].max() <= 1.0
    keypoints_agree(pose, estimator.predict(image, pose["box"]))
    assert pose["unsure"] == expected.unsure


@pytest.mark.parametrize("photo", PHOTOS)
def test_everybody_is_the_same(demo, engine, as_ppm, photo):
    image, path = as_ppm(photo)
    poses = poses_of(demo("--json", "--all", DEFAULT_BUNDLE, path))
    estimator = Estimator(backend=engine, threads=1)
    everybody = estimator.predict_all(image)
    assert len(poses) == len(everybody) >= 1
    for pose in poses:  # in a crowd two who are equally prominent may change places
        box = np.float32(pose["box"])
        assert max(iou(box, expected.box) for expected in everybody) > 0.5
        keypoints_agree(pose, estimator.predict(image, box))


def test_raw_frames_on_standard_input_follow_the_person(demo, as_ppm):
    image, _path = as_ppm(PHOTOS[0])
    height, width = image.shape[:2]
    poses = poses_of(demo("--json", "--raw", f"{width}x{height}", "--size", 128, DEFAULT_BUNDLE, input=image.tobytes() * 3))
    assert len(poses) == 3
    middles = [np.array(pose["box"][:2]) + np.array(pose["box"][2:]) / 2 for pose in poses]
    assert np.abs(middles[2] - middles[0]).max() < 0.2 * max(poses[0]["box"][2:])


def test_a_stream_that_ends_within_a_frame_is_told_of_after_the_frames_that_were_whole(demo):
    frame = bytes(3 * 64 * 48)
    run = demo("--json", "--raw", "64x48", "--box", "8,8,30,30", "--size", 128, DEFAULT_BUNDLE, input=frame + frame[:100])
    assert run.returncode == 2 and run.stdout.count(b"\n") == 1
    assert b"ended within a frame" in run.stderr and run.stderr.count(b"\n") == 1


def test_in_a_stream_the_network_is_told_the_pose_of_the_frame_before(demo, engine, video_dot_bundle):
    frames = [np.zeros((240, 320, 3), np.uint8) for _ in range(3)]
    for index, frame in enumerate(frames):
        cv2.circle(frame, (150 + 8 * index, 110), 6, (0, 0, 255), -1)
    stream = b"".join(frame.tobytes() for frame in frames)
    poses = poses_of(demo("--json", "--raw", "320x240", "--box", "60,40,200,160", video_dot_bundle, input=stream))
    estimator = Estimator(video_dot_bundle, backend=engine, threads=1)
    before = None
    for frame, pose in zip(frames, poses, strict=True):
        (expected,) = estimator.predict_many(frame, [pose["box"]], previous=[before])
        np.testing.assert_allclose(pose["keypoints"], expected.keypoints, atol=0.5)
        np.testing.assert_allclose(pose["joints3d"], expected.joints3d, atol=2)
        (alone,) = estimator.predict_many(frame, [pose["box"]])
        assert (np.abs(alone.keypoints - expected.keypoints).max() > 1) == (before is not None)
        before = expected


def test_a_gray_picture_is_read_and_the_skeleton_is_drawn_in_colour(demo, as_ppm, tmp_path):
    image, _path = as_ppm(PHOTOS[0])
    cv2.imwrite(str(tmp_path / "gray.pgm"), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    box = ",".join(map(str, boxes_in(PHOTOS[0])[0]))
    run = demo("--size", 128, "--box", box, "--draw", tmp_path / "out.ppm", DEFAULT_BUNDLE, tmp_path / "gray.pgm")
    assert run.returncode == 0 and b"r-wrist" in run.stdout
    drawn = cv2.imread(str(tmp_path / "out.ppm"))
    assert drawn.shape == image.shape
    assert (np.ptp(drawn, axis=2) > 50).any()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere", "{photo}"], 4, "nowhere is not a bundle"),
        (["--fps", "-1", "{bundle}", "{photo}"], 2, "target_fps must be a positive number"),
        (["--fps", "fast", "{bundle}", "{photo}"], 2, "--fps takes a number"),
        (["--box", "0,0,0,0", "--size", "128", "{bundle}", "{photo}"], 2, "is empty"),
        (["--size", "128", "{bundle}", "{bundle}/manifest.json"], 2, "not a binary PGM or PPM picture"),
        (["--magic", "{bundle}"], 2, "there is no option --magic"),
        ([], 2, "name a bundle and a picture"),
    ],
)
def test_a_mistake_gets_one_line_and_the_command_lines_exit_code(demo, as_ppm, arguments, code, words):
    _image, path = as_ppm(PHOTOS[0])
    run = demo(*(argument.format(bundle=DEFAULT_BUNDLE, photo=path) for argument in arguments))
    assert run.returncode == code
    assert words in run.stderr.decode() and run.stderr.count(b"\n") == 1


def test_help_names_every_option(demo):
    run = demo("--help")
    assert run.returncode == 0
    for option in ("--box", "--fps", "--deadline", "--cut", "--size", "--backend", "--device", "--raw", "--draw"):
        assert option in run.stdout.decode()


def test_a_bundle_with_face_and_feet_gives_28_joints(demo, engine, dot_bundle_28, tmp_path):
    image = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(image, (150, 110), 6, (0, 0, 255), -1)
    cv2.imwrite(str(tmp_path / "dot.ppm"), image)
    (pose,) = poses_of(demo("--json", "--box", "60,40,200,160", dot_bundle_28, tmp_path / "dot.ppm"))
    expected = Estimator(dot_bundle_28, backend=engine, threads=1).predict(image, (60, 40, 200, 160))
    assert expected.keypoints.shape == (28, 2)
    np.testing.assert_allclose(pose["keypoints"], expected.keypoints, atol=0.5)
    np.testing.assert_allclose(pose["joints3d"], expected.joints3d, atol=2)
    table = demo("--box", "60,40,200,160", dot_bundle_28, tmp_path / "dot.ppm").stdout.decode()
    assert table.count("\n") == 30 and "l-small-toe" in table
