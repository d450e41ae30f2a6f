"""The page: a photo, a box, a frame rate, the camera, a damaged bundle."""

import cv2
import numpy as np
import pytest
from web_site import ROOT

pytestmark = pytest.mark.browser

BLUE_PIXELS = """([x, y, w, h]) => {
    const {data} = document.getElementById("overlay").getContext("2d").getImageData(x, y, w, h);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i] < 70 && data[i + 1] > 140 && data[i + 2] > 200;
    return count;
}"""


def next_pose(page, act):
    """Does something that asks for a pose, and waits for it."""
    page.evaluate("delete document.body.dataset.cut")
    act()
    page.wait_for_selector("body[data-cut]")


def test_a_photo_gets_a_skeleton_and_the_slider_another_answer(opened):
    assert "WebAssembly" in opened.inner_text("#engine")
    assert opened.get_attribute("body", "data-unsure") == "false"
    assert opened.evaluate(BLUE_PIXELS, [270, 130, 150, 260]) > 100
    next_pose(opened, lambda: opened.evaluate("fps.value = 12; fps.dispatchEvent(new Event('input'))"))
    assert opened.inner_text("#target") == "120 FPS"
    cut = opened.get_attribute("body", "data-cut")
    assert opened.locator("#chain .cut").inner_text() == f"cut {cut}"
    assert opened.inner_text("#numbers").startswith(f"cut {cut} · {opened.get_attribute('body', 'data-size')} px · ")


def test_a_box_drawn_on_an_uploaded_photo_is_the_one_that_is_estimated(opened):
    next_pose(opened, lambda: opened.set_input_files("#file", ROOT / "examples/photos/000000000790.jpg"))
    width, height = opened.evaluate("[overlay.width, overlay.height]")
    frame = opened.locator("#overlay").bounding_box()
    scale = min(frame["width"] / width, frame["height"] / height)
    left, top = frame["x"] + (frame["width"] - width * scale) / 2, frame["y"] + (frame["height"] - height * scale) / 2

    def draw_box():
        opened.mouse.move(left + 433 * scale, top + 134 * scale)
        opened.mouse.down()
        opened.mouse.move(left + 629 * scale, top + 420 * scale, steps=3)
        opened.mouse.up()

    next_pose(opened, draw_box)
    assert opened.evaluate(BLUE_PIXELS, [433, 134, 195, 280]) > opened.evaluate(BLUE_PIXELS, [8, 111, 190, 260])


def test_an_uploaded_picture_is_seen_beneath_its_transparent_pixels(opened, tmp_path):
    seen = cv2.imread(str(ROOT / "examples/photos/000000234748.jpg"))
    cv2.imwrite(str(tmp_path / "clear.png"), cv2.merge([seen, np.zeros_like(seen[:, :, 0])]))
    next_pose(opened, lambda: opened.set_input_files("#file", tmp_path / "clear.png"))
    assert opened.get_attribute("body", "data-unsure") == "false"
    assert opened.evaluate(BLUE_PIXELS, [270, 130, 150, 260]) > 100


def test_the_camera_runs_frame_after_frame_and_stops(opened):
    opened.click("#camera")
    opened.wait_for_function("/ \\d+ FPS/.test(numbers.textContent)")
    opened.wait_for_function("/Nobody|out of reach/.test(message.textContent)")
    opened.click("#camera")
    assert opened.get_attribute("#camera", "aria-pressed") == "false"


def test_a_changed_weight_is_noticed_and_said(page, address):
    def change(route):
        body = bytearray(route.fetch().body())
        body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body))

    page.route("**/bundle/weights.bin", change)
    page.goto(address + "?provider=wasm")
    page.wait_for_selector("#message.error")
    assert "weights.bin is damaged or was changed" in page.inner_text("#message")


def test_the_service_worker_gives_the_page_threads(chromium, address):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("crossOriginIsolated")
    context.close()
