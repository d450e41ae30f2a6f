"""A Jetson's own camera through TensorRT: skeletons on the video, the rate on the screen.

    python3 examples/jetson.py                                  # CSI camera 0, TensorRT, 30 frames per second
    python3 examples/jetson.py --source /dev/video0 --device cuda --json - | my-program

The first run compiles TensorRT engines for minutes; they are kept in the user's cache folder. So is what was measured of this
board, for each power mode (nvpmodel) by itself: after `sudo nvpmodel -m N` it is measured anew.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from sspnet_sdk import Capture, Estimator, OverlayVideo, SSPNetError, describe_device, open_writer, stream


def csi_camera(number: int, width: int, height: int, fps: int) -> str:
    """GStreamer's pipeline for a camera on the CSI connector: scaled in hardware; of late frames only the newest is kept."""
    return (
        f"nvarguscamerasrc sensor-id={number} ! video/x-raw(memory:NVMM),width={width},height={height},framerate={fps}/1 ! "
        "nvvidconv ! video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--camera", type=int, default=0, help="number of the CSI camera")
    parser.add_argument("--source", help="a USB camera, file, address or GStreamer pipeline instead")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), metavar=("W", "H"))
    parser.add_argument("--target-fps", type=int, default=30)
    parser.add_argument("--device", default="tensorrt", help="tensorrt, cuda or cpu")
    parser.add_argument("--precision", default="auto", help="fp16 needs a bundle exported with --precision fp32,fp16")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--out", type=Path, help="a video with skeletons")
    parser.add_argument("--json", type=Path, help="a line of joints for each frame; - for standard output")
    given = parser.parse_args()

    board = describe_device()
    say(f"{board['board'] or board['cpu']}, power mode {board['nvpmodel'] or 'unknown'}")
    begin = time.monotonic()
    estimator = Estimator(given.bundle, target_fps=given.target_fps, device=given.device, precision=given.precision)
    say(f"{estimator.backend} on {estimator.device} ready after {time.monotonic() - begin:.0f} s")

    source = given.source or csi_camera(given.camera, *given.size, given.target_fps)
    with Capture(source, fps=given.target_fps) as capture:
        writers = [OverlayVideo(given.out, capture.fps)] if given.out else []
        if given.json:
            writers.append(open_writer("json", given.json))
        run(stream(capture, estimator), writers)


def run(frames, writers: list) -> None:
    said = 0.0
    try:
        for frame in frames:
            for writer in writers:
                writer.write(frame)
            if frame.people and time.monotonic() - said > 1:
                said, pose = time.monotonic(), frame.people[0].pose
                say(f"{frame.fps or 0:.1f} FPS, cut {pose.cut} at {pose.input_size} px in {pose.latency_ms:.1f} ms")
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        frames.close()
        for writer in writers:
            writer.close()


def say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
