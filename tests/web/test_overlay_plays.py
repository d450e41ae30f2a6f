"""An overlay as `predict` writes it plays in a browser."""

import functools
import http.server
import threading

import cv2
import numpy as np
import pytest
from web_site import ROOT, QuietHandler

from sspnet_sdk import JOINT_NAMES, Frame, OverlayVideo, Person, Pose

pytestmark = pytest.mark.browser
pytest.importorskip("av")

FRAMES, FPS = 30, 20

PLAYED = """async () => {
    const video = document.querySelector("video");
    video.muted = true;
    await video.play();
    await new Promise((done, failed) => { video.onended = done; video.onerror = () => failed(new Error(video.error.message)); });
    return [video.duration, video.videoWidth, video.videoHeight, video.getVideoPlaybackQuality().totalVideoFrames];
}"""


@pytest.mark.parametrize("name", ["overlay.mp4", "overlay.webm"])
def test_an_overlay_plays_to_its_end(chromium, tmp_path, name):
    photo = cv2.imread(str(ROOT / "examples/photos/000000234748.jpg"))
    count = len(JOINT_NAMES)
    keypoints, joints3d = (
        np.random.default_rng(0).uniform(150, 350, (count, 2)).astype(np.float32),
        np.zeros((count, 3), np.float32),
    )
    pose = Pose(keypoints, joints3d, np.ones(count, np.float32), np.float32([150, 150, 200, 200]), 8, 256, 1.0)
    video = OverlayVideo(tmp_path / name, FPS)
    for index in range(FRAMES):
        video.write(Frame(photo, "walk.mp4", index, index / FPS, (Person(1, pose),)))
    video.close()
    (tmp_path / "index.html").write_text(f'<video src="{name}" preload="auto"></video>')
    handler = functools.partial(QuietHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        duration, width, height, shown = page.evaluate(PLAYED)
        page.close()
        server.shutdown()
    assert duration == pytest.approx(FRAMES / FPS, abs=0.06)
    assert (width, height) == (photo.shape[1], (photo.shape[0] + 1) // 2 * 2) and shown > FRAMES / 2
