"""Pictures and people in 3D for the Rerun viewer (https://rerun.io), live or as a recording; an extra."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.drawing.skeleton import JOINT_COLORS, bones_of
from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.files.staging import StagedFile, check_room, refuse_unwritable
from sspnet_sdk.frame import Frame, check_frame
from sspnet_sdk.given import given_path
from sspnet_sdk.pose import BODY_JOINTS, JOINT_NAMES, Pose

_JPEG_QUALITY = 80
_CHECK_EVERY = 10  # frames


class RerunView:
    """Logs every frame: `picture` with `picture/people/<id>` in pixels, and `people/<id>` in metres.

    The 3D axes are the camera's (x right, y down, z away). Without `Pose.joints3d_camera` nobody's distance is known: pelvises
    lie in one plane, as far beside each other as in the picture.

    Args:
        path: a recording (.rrd) to write; "viewer" opens the viewer and shows frames as they come.

    Raises:
        SSPNetError: Rerun is not installed.
        OptionError: for another suffix, or a path that is none.
    """

    def __init__(self, path: Path | str) -> None:
        self._rerun = _library()
        self._recording = self._rerun.RecordingStream("sspnet-sdk")
        self._staged: StagedFile | None = None
        if str(path) == "viewer":
            with self._named_errors():
                self._recording.spawn()
        elif given_path(path).suffix != ".rrd":
            raise OptionError(f'{path}: name a recording that ends in .rrd, or "viewer" to watch live')
        else:
            refuse_unwritable(Path(path))
            self._staged = StagedFile(Path(path))
            self._recording.save(self._staged.staging)
        self._shown: set[int] = set()
        self._frames = 0
        self.files = [Path(path)] if self._staged is not None else []
        self._describe()

    def write(self, frame: Frame) -> None:
        """Log a frame.

        Raises:
            OptionError: it is no `Frame`.
            SSPNetError: the disk is nearly full (what was written until then is kept, if anything was).
        """
        check_frame(frame)
        if self._staged is not None and self._frames % _CHECK_EVERY == 0:
            check_room(self._staged.path, self._frames, self)  # Rerun waits for ever once it cannot write
        self._frames += 1
        log, rerun = self._recording.log, self._rerun
        self._recording.set_time("frame", sequence=frame.index)
        if frame.time_s is not None:
            self._recording.set_time("time", duration=frame.time_s)
        log("picture", rerun.Image(frame.image, color_model="BGR").compress(jpeg_quality=_JPEG_QUALITY))
        width, height = frame.image.shape[1::-1]
        for person in frame.people:
            pose = person.pose
            same = {"class_ids": len(pose.names), "keypoint_ids": list(range(len(pose.names)))}
            log(f"picture/people/{person.id}", rerun.Points2D(pose.keypoints, radii=max(pose.box[2:].max() / 100, 1.0), **same))
            log(f"people/{person.id}", rerun.Points3D(in_metres(pose, width, height), radii=0.025, **same))
        for gone in self._shown - {person.id for person in frame.people}:
            log(f"picture/people/{gone}", rerun.Clear(recursive=False))
            log(f"people/{gone}", rerun.Clear(recursive=False))
        self._shown = {person.id for person in frame.people}

    def close(self) -> None:
        """Complete the recording.

        Raises:
            SSPNetError: the disk is full, or the viewer was closed.
        """
        try:
            with self._named_errors():
                self._recording.flush()
        except SSPNetError:
            self.discard()
            raise
        self._recording.disconnect()
        if self._staged is not None:
            self._staged.commit()

    def discard(self) -> None:
        """Leave what was under the path as it was."""
        self._recording.disconnect()
        if self._staged is not None:
            self._staged.discard()

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Rerun's errors become ours; on standard error it has said more by itself."""
        try:
            yield
        except RuntimeError as error:
            if self._staged is None:
                raise SSPNetError(f"the Rerun viewer was closed, or finds no screen here: {error}") from error
            raise SSPNetError(f"cannot write {self._staged.path}: {error}") from error

    def _describe(self) -> None:
        """Names, colours and bones of the skeleton, and which way the axes point."""
        rerun = self._rerun
        people = []
        for count in (BODY_JOINTS, len(JOINT_NAMES)):  # a class for each kind of pose, named by its number of joints
            joints = [
                rerun.AnnotationInfo(id=joint, label=JOINT_NAMES[joint], color=JOINT_COLORS[joint][::-1])
                for joint in range(count)
            ]
            info = (count, "person")
            people.append(rerun.ClassDescription(info=info, keypoint_annotations=joints, keypoint_connections=bones_of(count)))
        self._recording.log("/", rerun.AnnotationContext(people), static=True)
        self._recording.log("people", rerun.ViewCoordinates.RDF, static=True)


def in_metres(pose: Pose, width: int, height: int) -> NDArray[np.float32]:
    """(J, 3) joints where the camera sees them, if `pose` knows; else with the pelvis as far from the axis as in the picture."""
    if pose.joints3d_camera is not None:
        return pose.joints3d_camera / np.float32(1000)
    extent_mm, extent_px = np.ptp(pose.joints3d[:, :2], axis=0).sum(), np.ptp(pose.keypoints, axis=0).sum()
    beside = (pose.keypoints[0] - (width / 2, height / 2)) * extent_mm / max(extent_px, 1e-6)
    return ((pose.joints3d + np.append(beside, 0)) / 1000).astype(np.float32)


def _library() -> Any:
    try:
        import rerun
    except ModuleNotFoundError:
        raise SSPNetError('the Rerun viewer needs rerun, which is not installed: pip install "sspnet-sdk[rerun]"') from None
    return rerun
