"""Writes a video of random pictures of 128 x 96 pixels, 30 a second."""

from fractions import Fraction

import numpy as np
import pytest


def noise_video(path, codec="libx264", frames=90, options=None):
    """The bytes of the video, which is also at `path`. Skips the test where PyAV is missing."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index in range(frames):
            image = np.random.default_rng(index).integers(0, 255, (96, 128, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()
