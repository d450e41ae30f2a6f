"""Tiny data sets in the true layouts of the big ones: what their archives hold, with one or two people in it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import cv2
import numpy as np
from drawn_people import drawn_person, person_mm
from sspnet_train.data.camera import Camera

H36M_CAMERA = Camera((1145.0, 1144.0), (512.5, 515.4), (-0.207, 0.248, -0.003), (-0.0014, -0.001))
ROTATION = cv2.Rodrigues(np.array([0.3, 1.2, -0.1]))[0]
TRANSLATION_MM = np.array([120.0, -340.0, 5200.0])
JOINTS_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
MPII_ORDER = (3, 2, 1, 4, 5, 6, 0, 8, 9, 10, 16, 15, 14, 11, 12, 13)
ORDER_OF_28 = (4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16)
ORDER_OF_TEST = (14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4)


def write_picture(path: Path, value: int = 90, size: tuple[int, int] = (200, 200)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def write_video(path: Path, frames: int, size: int = 64) -> None:
    """Frame n is grey of value 10 n, modulo 250."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fourcc = cv2.VideoWriter.fourcc(*("mp4v" if path.suffix == ".mp4" else "MJPG"))
    writer = cv2.VideoWriter(str(path), fourcc, 25, (size, size))
    for number in range(frames):
        writer.write(np.full((size, size, 3), 10 * number % 250, np.uint8))
    writer.release()


def people_in_camera(frames: int, root_z: float = 4500.0, first: int = 0) -> np.ndarray:
    """(F, 17, 3) mm in the camera's frame."""
    return np.stack([person_mm(first + i) + np.array([30.0 * i, 100.0, root_z + 20 * i]) for i in range(frames)])


def spread(joints: np.ndarray, order: tuple[int, ...], rows: int) -> np.ndarray:
    """Our 17 joints into the rows of a bigger skeleton; the other rows repeat the pelvis."""
    wide = np.repeat(joints[:, :1], rows, axis=1)
    wide[:, [*order]] = joints
    return wide


def write_cdf(path: Path, poses: np.ndarray) -> None:
    from cdflib.cdfwrite import CDF

    path.parent.mkdir(parents=True, exist_ok=True)
    with CDF(str(path), delete=True) as file:
        flat = poses.reshape(1, len(poses), -1).astype(np.float32)
        spec = {"Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": [*flat.shape[1:]]}
        file.write_var({**spec, "Dim_Vary": [True, True], "Compress": 0}, var_data=flat)


def write_human36m_archive(folder: Path, subject: str, recording: str, frames: int) -> np.ndarray:
    joints = people_in_camera(frames)
    wide = spread(joints, JOINTS_OF_32, 32)
    base, stem = folder / subject / "MyPoseFeatures", f"{recording}.54138969"
    write_cdf(base / "D3_Positions_mono" / f"{stem}.cdf", wide)
    write_cdf(base / "D2_Positions" / f"{stem}.cdf", H36M_CAMERA.project(wide))
    return joints


def write_human36m_h5(folder: Path, subject: str, recording: str, frames: int) -> np.ndarray:
    import h5py

    joints, place = people_in_camera(frames), folder / subject / recording
    wide = spread(joints, JOINTS_OF_32, 32)
    place.mkdir(parents=True)
    numbers = np.arange(frames) * 64 + 1
    with h5py.File(place / "annot.h5", "w") as file:
        for name, values in (("pose/2d", H36M_CAMERA.project(wide)), ("pose/3d", wide)):
            file[name] = np.concatenate([values, values])
        file["frame"] = np.concatenate([numbers, numbers])
        file["camera"] = np.repeat([54138969, 55011271], frames)
    for camera in ("54138969", "55011271"):
        for number in numbers:
            write_picture(place / "imageSequence" / camera / f"img_{number:06d}.jpg")
    return joints


def write_human36m_npz(folder: Path, subject: str, recording: str, frames: int) -> np.ndarray:
    joints = people_in_camera(frames)
    world = (joints - TRANSLATION_MM) @ ROTATION / 1000.0
    poses = {subject: {recording: spread(world, JOINTS_OF_32, 32).astype(np.float32)}}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "data_3d_h36m.npz", positions_3d=np.array(poses, dtype=object))
    c = H36M_CAMERA
    matrix = [[c.focal[0], 0.0, c.centre[0]], [0.0, c.focal[1], c.centre[1]], [0.0, 0.0, 1.0]]
    distortion = [c.radial[0], c.radial[1], *c.tangential, c.radial[2]]
    extrinsics = {"R": ROTATION.tolist(), "t": TRANSLATION_MM.reshape(3, 1).tolist()}
    cameras = {
        "intrinsics": {"54138969": {"calibration_matrix": matrix, "distortion": distortion}},
        "extrinsics": {subject: {"54138969": extrinsics}},
    }
    (folder / "camera-parameters.json").write_text(json.dumps(cameras))
    return joints


def write_mpi_training(folder: Path, frames: int = 12) -> np.ndarray:
    from scipy.io import savemat

    joints, camera = people_in_camera(frames), Camera((1497.7, 1497.1), (1024.7, 1051.4))
    wide = spread(joints, ORDER_OF_28, 28)
    in_mm, in_pixels = np.empty((2, 1), object), np.empty((2, 1), object)
    for row in range(2):
        in_mm[row, 0], in_pixels[row, 0] = wide.reshape(frames, 84), camera.project(wide).reshape(frames, 56)
    place = folder / "S1" / "Seq1"
    place.mkdir(parents=True)
    savemat(place / "annot.mat", {"annot2": in_pixels, "annot3": in_mm, "cameras": np.arange(2, dtype=np.uint8)[None]})
    write_video(place / "imageSequence" / "video_0.avi", frames)
    for number in (1, 6):
        write_picture(place / "imageSequence" / "video_1" / f"frame_{number:06d}.jpg")
    return joints


def write_mpi_test(folder: Path, frames: int = 6) -> np.ndarray:
    import h5py

    joints, camera = people_in_camera(frames, first=50), Camera((1500.07, 1500.07), (1017.3, 1043.0))
    wide = spread(joints, ORDER_OF_TEST, 17)
    place = folder / "mpi_inf_3dhp_test_set" / "TS1"
    place.mkdir(parents=True)
    with h5py.File(place / "annot_data.mat", "w") as file:
        file["annot2"], file["annot3"] = camera.project(wide)[:, None], wide[:, None]
        file["valid_frame"] = np.array([1, 1, 0, 1, 1, 1], np.float64)[:, None]
        file["activity_annotation"] = np.array([1, 1, 1, 5, 5, 7], np.float64)[:, None]
    for number in range(1, frames + 1):
        write_picture(place / "imageSequence" / f"img_{number:06d}.jpg")
    return joints


def mpii_points(joints: np.ndarray, missing: tuple[int, ...] = ()) -> list[tuple[int, float, float]]:
    """id, x, y (MATLAB's pixels) of the labelled MPII joints of (17, 2) keypoints in our pixels."""
    return [(i, *(float(v) + 0.5 for v in joints[ours])) for i, ours in enumerate(MPII_ORDER) if i not in missing]


def write_mpii_mat(folder: Path, keypoints: np.ndarray) -> None:
    """Two training images (one person; two people of whom one has no joints) and one test image."""
    from scipy.io import savemat

    def rect(points: list[tuple[int, float, float]]) -> dict:
        dtype = [(name, object) for name in ("x", "y", "id", "is_visible")]
        rows = np.array([[(x, y, i, "1" if i else np.zeros((0, 0)))] for i, x, y in points], dtype).T
        return {"scale": 0.6, "objpos": {"x": 100.5, "y": 100.5}, "annopoints": {"point": rows}}

    def struct(rows: list[dict]) -> np.ndarray:
        names, nothing = list(rows[0]), np.zeros((0, 0))
        values = [tuple(row.get(name, nothing) for name in names) for row in rows]
        return np.array(values, [(name, object) for name in names])[None]

    labelled, empty = rect(mpii_points(keypoints, missing=(9,))), {"annopoints": np.zeros((0, 0)), "scale": np.zeros((0, 0))}
    entries = [
        {"image": {"name": "000001.jpg"}, "annorect": struct([labelled])},
        {"image": {"name": "000002.jpg"}, "annorect": struct([labelled, empty])},
        {"image": {"name": "000003.jpg"}, "annorect": struct([{"scale": 1.0}])},
    ]
    release = {"annolist": struct(entries), "img_train": np.array([[1, 1, 0]])}
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / "mpii_human_pose_v1_u12_1.mat", {"RELEASE": release})
    for name in ("000001.jpg", "000002.jpg", "000003.jpg"):
        write_picture(folder / "images" / name)


def write_mpii_json(folder: Path, keypoints: np.ndarray) -> None:
    points = {i: [x, y] for i, x, y in mpii_points(keypoints, missing=(9,))}
    entry = {
        "image": "000001.jpg", "center": [100.5, 100.5], "scale": 0.6, "joints": [points.get(i, [-1.0, -1.0]) for i in range(16)],
        "joints_vis": [int(i in points and i != 0) for i in range(16)],
    }  # fmt: skip
    (folder / "annot").mkdir(parents=True)
    for name in ("train", "valid"):
        (folder / "annot" / f"{name}.json").write_text(json.dumps([entry]))
    write_picture(folder / "images" / "000001.jpg")


def coco_annotation(image_id: int, points: np.ndarray, flags: list[int]) -> dict:
    flat = np.concatenate([points, np.array(flags)[:, None]], axis=1).reshape(-1).tolist()
    return {"image_id": image_id, "bbox": [10, 20, 100, 150], "keypoints": flat, "iscrowd": 0, "num_keypoints": 17}


def write_own_coco(folder: Path, count: int) -> None:
    """One's own photographs: annotations.json beside images/."""
    points, flags = np.random.default_rng(0).integers(20, 180, (17, 2)), [2] * 17
    images = [{"id": i, "file_name": f"photo_{i}.jpg", "width": 200, "height": 200} for i in range(count)]
    for image in images:
        write_picture(folder / "images" / image["file_name"])
    content = {"images": images, "annotations": [coco_annotation(i, points, flags) for i in range(count)]}
    (folder / "annotations.json").write_text(json.dumps(content))


def write_people3d(folder: Path, count: int = 6) -> None:
    """Drawn people in people3d's layout: the last two are `val`, whose hand labels lie 3 px right of the agreed ones."""
    people = [drawn_person(i) for i in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{i:05d}.webp" for i in range(count)]
    with tarfile.open(folder / "photos_00.tar", "w") as archive:
        for name, person in zip(names, people, strict=True):
            encoded = cv2.imencode(".webp", person.image[..., ::-1])[1].tobytes()
            member = tarfile.TarInfo(name)
            member.size = len(encoded)
            archive.addfile(member, io.BytesIO(encoded))
    hands = np.full((count, 14, 3), np.nan, np.float32)
    for row, joint in enumerate((3, 2, 1, 4, 5, 6, 16, 15, 14, 11, 12, 13)):
        for i, person in enumerate(people):
            hands[i, row] = [*(person.keypoints[joint] + np.array([3, 0])), 1]
    hands[:, 0] = np.nan
    np.savez(
        folder / "labels.npz", name=np.array(names), split=np.array(["train"] * (count - 2) + ["val"] * 2), hand=hands,
        box=np.stack([p.box for p in people]), movenet=np.ones((count, 17, 3)), blaze_xy=np.ones((count, 33, 2)),
        blaze_world=np.ones((count, 33, 3)), blaze_vis=np.ones((count, 33)),
    )  # fmt: skip
    np.savez(
        folder / "labels3d.npz", keypoints=np.stack([p.keypoints for p in people]), weight=np.ones((count, 17)),
        joints3d=np.stack([p.joints3d for p in people]), weight_z=np.full((count, 17), 0.5),
    )  # fmt: skip
