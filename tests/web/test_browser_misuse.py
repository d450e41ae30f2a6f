"""What a page may do wrong, or have done to it: calls at once or after the end, foreign pictures, a network that fails, senseless
options."""

import cv2
import numpy as np
import pytest
from web_site import ROOT

from sspnet_sdk import Estimator

pytestmark = pytest.mark.browser

OPEN = """
const {Estimator} = await import("/estimator/estimator.js");
const open = () => Estimator.open(new URL("/bundle/", location.href), "wasm");
const photo = async (name) => createImageBitmap(await (await fetch(`/photos/${name}`)).blob());
"""

AT_ONCE = (
    "async (people) => {"
    + OPEN
    + """
    const estimator = await open();
    const images = await Promise.all(people.map(({file}) => photo(file)));
    const ask = (index) => estimator.predict(images[index], {box: people[index].box, size: 128, cut: 2});
    return Promise.all(people.map((_, index) => ask(index)));
}"""
)


def test_calls_at_the_same_time_wait_for_each_other(page, people):
    one_of_each = list({person["file"]: person for person in people}.values())[:3]
    estimator = Estimator(backend="onnxruntime", threads=1, input_size=128, cut=2)
    for person, pose in zip(one_of_each, page.evaluate(AT_ONCE, one_of_each), strict=True):
        expected = estimator.predict(cv2.imread(str(ROOT / "examples/photos" / person["file"])), person["box"])
        np.testing.assert_allclose(pose["keypoints"], expected.keypoints, atol=1)


FOREIGN = (
    "async (foreign) => {"
    + OPEN
    + """
    const estimator = await open();
    const loaded = async (src) => {
        const image = Object.assign(new Image(), {src});
        await image.decode();
        return image;
    };
    const options = {size: 128, cut: 2};
    const said = await estimator.predict(await loaded(foreign), options).catch((error) => error.message);
    return {said, pose: await estimator.predict(await loaded("/photos/000000234748.jpg"), options)};
}"""
)


def test_after_a_picture_that_no_page_may_read_the_next_one_is_read(page, address):
    foreign = address.replace("127.0.0.1", "localhost") + "photos/000000234748.jpg"
    answer = page.evaluate(FOREIGN, foreign)
    assert answer["said"].startswith("the image comes from another site")
    assert not answer["pose"]["unsure"]


TWICE = (
    "async () => {"
    + OPEN
    + """
    const estimator = await open();
    const image = await photo("000000234748.jpg");
    const ask = () => estimator.predict(image, {size: 128, cut: 2}).then(({unsure}) => ({unsure}), ({message}) => ({message}));
    return [await ask(), await ask()];
}"""
)


def test_a_file_that_could_not_be_fetched_is_fetched_again(page):
    page.route("**/bundle/weights.bin", lambda route: route.abort(), times=1)
    failed, worked = page.evaluate(TWICE)
    assert "weights.bin cannot be fetched" in failed["message"] and worked == {"unsure": False}


REFUSED = (
    "async (asked) => {"
    + OPEN
    + """
    const estimator = await open();
    const value = (one) => (Array.isArray(one) ? one.map(value) : one === "nan" ? NaN : one);
    const said = [];
    for (const [call, given] of asked) {
        const options = Object.fromEntries(Object.entries(given).map(([name, one]) => [name, value(one)]));
        for (const image of [new ImageData(64, 48), new OffscreenCanvas(64, 48)]) {
            if (image.getContext) image.getContext("2d");
            said.push(await estimator[call](image, options).then(() => "an answer", (error) => error.message));
        }
    }
    return said;
}"""
)

SENSELESS = (
    ("predict", {"box": [70, 0, 10, 10]}, "box (70, 0, 10, 10) (x, y, w, h) lies outside the image of 64x48 pixels"),
    ("predict", {"box": [0, -20, 10, 20]}, "box (0, -20, 10, 20) (x, y, w, h) lies outside the image of 64x48 pixels"),
    (
        "predict",
        {"box": [5, 5, 0, 20]},
        "box (5, 5, 0, 20) is empty: width and height (the last two numbers) must be at least 1 pixel",
    ),
    ("predict", {"box": ["nan", 5, 10, 20]}, "box (NaN, 5, 10, 20) holds values that are not pixels"),
    ("predict", {"box": [5, 5, 10]}, "a box is four numbers [x, y, w, h] in pixels, not 5,5,10"),
    ("predict", {"person": {"box": [0, 0, 1e9, 5]}}, "box (0, 0, 1000000000, 5) holds values that are not pixels"),
    ("predict", {"cut": 3}, "cut must be one of 2, 4, 8 with this bundle, or null, not 3"),
    ("predict", {"size": 200}, "size must be one of 128, 192, 256 with this bundle, or null, not 200"),
    ("predict", {"targetFps": 0}, "targetFps must be a positive number, or null, not 0"),
    ("predict", {"targetFps": "nan"}, "targetFps must be a positive number, or null, not NaN"),
    ("predict", {"targetFps": 30}, "targetFps needs to know how fast this browser is: await prepare() first"),
    ("predictAll", {"targetFps": 30, "cut": 2}, "targetFps chooses cut and size: give either the rate or these"),
    ("predictAll", {"targetFps": -1}, "targetFps must be a positive number, or null, not -1"),
    ("predictAll", {"cut": 3}, "cut must be one of 2, 4, 8 with this bundle, or null, not 3"),
    ("predictAll", {"maxPeople": 0}, "maxPeople must be a whole number from 1, or null for everybody, not 0"),
    ("predictAll", {"maxPeople": "nan"}, "maxPeople must be a whole number from 1, or null for everybody, not NaN"),
)


def test_what_makes_no_sense_is_refused_in_one_line(page):
    said = page.evaluate(REFUSED, [[call, given] for call, given, _ in SENSELESS])
    assert said == [line for *_, line in SENSELESS for _ in range(2)]


WITHOUT_OPTIONS = (
    "async () => {"
    + OPEN
    + """
    const estimator = await open();
    const image = new ImageData(64, 48);
    return [(await estimator.predict(image, null)).cut, (await estimator.predictAll(image, null)).length];
}"""
)


def test_options_may_be_null_too(page):
    assert page.evaluate(WITHOUT_OPTIONS) == [8, 0]


PICTURES = """async () => {
    const {toPixels} = await import("/estimator/pixels.js");
    const told = (source) => toPixels(source).then(({data}) => [...data.slice(0, 4)], ({name, message}) => `${name}: ${message}`);
    const drawn = async (width, height) => {
        const black = '<rect width="100%" height="100%"/>';
        const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${black}</svg>`;
        const image = Object.assign(new Image(), {src: `data:image/svg+xml,${text}`});
        await image.decode();
        return told(image);
    };
    const floats = {data: new Float32Array(4 * 64 * 48), width: 64, height: 48};
    return {
        wide: await drawn(70_000, 10), high: await drawn(10, 70_000), next: await drawn(64, 48),
        tiny: await told(new ImageData(64, 7)), text: await told(new Blob(["no picture"])), floats: await told(floats),
    };
}"""


def test_a_picture_that_cannot_be_read_is_told_and_hurts_no_later_one(page):
    said = page.evaluate(PICTURES)
    for name, size in (("wide", "70000x10"), ("high", "10x70000")):
        assert said[name] == f"TypeError: the image's {size} pixels are more than this browser reads: make it smaller"
    assert said["next"] == [0, 0, 0, 255]
    assert said["tiny"] == "TypeError: the image is 64x7 (width x height): each side must be at least 8 pixels"
    assert said["text"] == "TypeError: the Blob is not a picture that this browser can read"
    assert said["floats"] == "TypeError: the image's data must be bytes from 0 to 255, a Uint8ClampedArray or a Uint8Array"


BEFORE = """async (poses) => {
    const {placed} = await import("/estimator/previous.js");
    return poses.map((pose) => {
        try {
            return placed({...pose, confidence: pose.confidence?.map(Number)}, {x: 0, y: 0, side: 100}, 2, 2000);
        } catch (error) {
            return error.message;
        }
    });
}"""


def test_a_pose_of_the_frame_before_that_lacks_something_is_refused(page):
    pose = {"keypoints": [[20, 30], [50, 60]], "joints3d": [[0, 0, 0], [1, 2, 100]], "confidence": [0.5, 0.75]}
    answers = page.evaluate(BEFORE, [{}, {**pose, "joints3d": None}, {**pose, "confidence": [0.5, "nan"]}, pose])
    lacking = "previous must be a pose of 2 joints, as this estimator gives them, not of 0"
    assert answers[:3] == [lacking, lacking, "previous must be a pose of finite numbers"]
    assert answers[3][4:] == pytest.approx([0.5, 0.6, 0.55, 0.75])


COARSE = """async () => {
    const {measure} = await import("/estimator/profile.js");
    let runs = 0;
    const chain = {image: new Uint8Array(3), run: async () => ({stageMs: [0, ++runs % 10 === 0 ? 100 : 0]})};
    return measure(chain, {image: new Uint8Array(3), run: async () => {}}, [2, 4]);
}"""


def test_a_clock_too_coarse_for_one_run_gives_times_that_are_none_of_them_nothing(page):
    timed = page.evaluate(COARSE)
    assert timed["p50"][0] == pytest.approx(0.1) and 5 < timed["p50"][1] < 20 and timed["finder"] > 0


KEPT = """async (profiles) => {
    const {keptTimings} = await import("/estimator/profile.js");
    return profiles.map((one) => Object.keys(keptTimings(one, "here", {sizes: [128, 192], cuts: [2, 4]})));
}"""


def test_of_a_kept_profile_what_is_not_whole_is_measured_again(page):
    timed = {"p50": [3, 4], "finder": 2}
    damaged = [None, {}, {"p50": [3], "finder": 2}, {"p50": [3, None], "finder": 2}, {"p50": [3, 4], "finder": "2"}]
    damaged += [{"p50": [0, 4], "finder": 2}]
    profiles = [None, {"key": "here"}, {"key": "there", "timings": {"128": timed}}]
    profiles += [{"key": "here", "timings": {"128": one, "192": timed}} for one in damaged]
    assert page.evaluate(KEPT, profiles) == [[], [], []] + [["192"]] * len(damaged)


ENGINES = """async () => {
    const {loadEngine} = await import("/estimator/engine.js");
    const ask = (...given) => loadEngine(...given).then(() => "an engine", ({message}) => message);
    return [await ask("gpu", new URL("/ort/", location.href)), await ask("wasm", new URL("/ort/nothing/", location.href))];
}"""


def test_an_unknown_provider_and_a_missing_engine_are_told(page, address):
    unknown, missing = page.evaluate(ENGINES)
    assert unknown == 'provider must be "auto", "webgpu" or "wasm", not gpu'
    where = f"{address}ort/nothing/ort.wasm.bundle.min.mjs"
    assert missing.startswith(f"ONNX Runtime Web cannot be loaded: is {where} there, and served as text/javascript?")


OVERLAP = """async () => {
    const {closeGraph, openGraph, runGraph} = await import("/estimator/engine.js");
    let running = 0, most = 0;
    const call = async (answer) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        return answer;
    };
    const session = () => ({run: () => call({}), release: () => call()});
    const engine = {provider: "webgpu", ort: {InferenceSession: {create: () => call(session())}}};
    const bundle = {file: async () => new Uint8Array()};
    const one = async () => {
        const session = await openGraph(engine, bundle, "stage.onnx", [], []);
        await runGraph(session, "stage.onnx", {}, [], {});
        await closeGraph(session);
    };
    await Promise.all([one(), one()]);
    return most;
}"""


def test_two_estimators_on_a_page_never_use_the_engine_at_once(page):
    """WebGPU refuses a second session's call while one runs."""
    assert page.evaluate(OVERLAP) == 1


EVERYBODY = (
    "async () => {"
    + OPEN
    + """
    const estimator = await open();
    const image = await photo("000000000790.jpg");
    const options = {size: 128, cut: 2};
    const all = await estimator.predictAll(image, options);
    return [all.length, (await estimator.predictAll(image, {...options, maxPeople: null})).length];
}"""
)


def test_null_people_are_everybody(page):
    default, null = page.evaluate(EVERYBODY)
    assert null == default >= 2


CLOSED = """
async () => {
    const {Estimator} = await import("/estimator/estimator.js");
    const {openBundle} = await import("/estimator/bundle.js");
    const {loadEngine} = await import("/estimator/engine.js");
    const engine = await loadEngine("wasm", new URL("/ort/", location.href));
    const count = {opened: 0, released: 0};
    const create = async (...given) => {
        const session = await engine.ort.InferenceSession.create(...given);
        const release = session.release.bind(session);
        session.release = () => (count.released++, release());
        count.opened++;
        return session;
    };
    const counted = {...engine, ort: {...engine.ort, InferenceSession: {create}}};
    const estimator = new Estimator(await openBundle(new URL("/bundle/", location.href)), counted);
    const image = await createImageBitmap(await (await fetch("/photos/000000234748.jpg")).blob());
    const begun = estimator.predict(image, {size: 128, cut: 2});
    await Promise.all([estimator.close(), estimator.close()]);
    return {...count, unsure: (await begun).unsure, said: await estimator.find(image).catch((error) => error.message)};
}
"""


def test_closing_waits_for_calls_that_were_begun_and_frees_every_session(page):
    answer = page.evaluate(CLOSED)
    assert answer["opened"] == answer["released"] > 2 and answer["unsure"] is False
    assert answer["said"] == "this Estimator is closed: open a new one"
