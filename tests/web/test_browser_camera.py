"""The page's camera: asked for twice, before the page is ready, taken away; frames that turn, and a photo between them."""

import pytest
from web_site import ROOT

pytestmark = pytest.mark.browser

STREAMS = """() => {
const give = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.streams = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((resolve) => setTimeout(resolve, 300)); // somebody reads the question
    const stream = await give(wanted);
    window.streams.push(stream);
    return stream;
};
}"""
LIVE = "streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live').length"


def test_a_camera_that_is_asked_for_twice_is_on_once_and_goes_off(page, opened):
    page.evaluate(STREAMS)
    page.evaluate("camera.click(); camera.click()")
    page.wait_for_function("streams.length === 2 && / \\d+ FPS/.test(numbers.textContent)")
    assert page.evaluate(LIVE) == 1
    page.click("#camera")
    assert page.evaluate(LIVE) == 0


def test_a_photo_chosen_while_the_browser_asks_for_the_camera_stays(page, opened):
    page.evaluate(STREAMS)
    page.evaluate("camera.click()")
    page.set_input_files("#file", ROOT / "examples/photos/000000000790.jpg")
    page.wait_for_function("streams.length === 1")
    page.wait_for_timeout(300)
    assert page.evaluate(LIVE) == 0
    assert page.get_attribute("#camera", "aria-pressed") == "false"


def test_a_camera_that_is_taken_away_is_said(page, opened):
    page.evaluate(STREAMS)
    page.click("#camera")
    page.wait_for_function("/ \\d+ FPS/.test(numbers.textContent)")
    page.evaluate("{const [track] = streams[0].getTracks(); track.stop(); track.dispatchEvent(new Event('ended'));}")
    page.wait_for_selector("#message.error")
    assert page.inner_text("#message") == "the camera gives no more pictures: it was unplugged, or taken away from this page"
    assert page.get_attribute("#camera", "aria-pressed") == "false"


def test_there_is_no_camera_before_the_estimator_is_there(page, address):
    page.route("**/bundle/weights.bin", lambda route: None)  # never answered
    page.set_default_timeout(60_000)
    page.goto(address + "?provider=wasm")
    page.wait_for_function("overlay.width === 640")  # the first photo is shown
    assert page.is_disabled("#camera")


FOLLOWED = """async () => {
    const {EstimatorClient} = await import("/estimator/client.js");
    const client = new EstimatorClient();
    await client.open(new URL("/bundle/", location.href).href, "wasm", () => {});
    const photo = await createImageBitmap(await (await fetch("/photos/000000234748.jpg")).blob());
    const box = async (scale, place, follow) => {
        const canvas = new OffscreenCanvas(scale * photo.width, scale * photo.height);
        canvas.getContext("2d").drawImage(photo, place * photo.width, place * photo.height);
        return (await client.predict(await createImageBitmap(canvas), {follow})).box;
    };
    const found = await box(2, 1, true);
    await box(1, 0, true);
    const afterTurning = await box(2, 1, true);
    await box(2, 0, false);
    return {found, afterTurning, afterPhoto: await box(2, 1, true)};
}"""


def test_whom_another_picture_showed_is_not_followed(page, opened):
    boxes = page.evaluate(FOLLOWED)
    assert boxes["afterTurning"] == boxes["afterPhoto"] == boxes["found"]
