"""What Python and C++ replay too: how much the browser searches, whom it takes the finder's maps for, and what it cuts out."""

import json

import numpy as np
import pytest
from web_site import ROOT

pytestmark = pytest.mark.browser

TRACE = json.loads((ROOT / "tests/cpp/finding_trace.json").read_text())

FIND = """async ({grain, trace}) => {
    const {findPeople} = await import("/estimator/locate.js");
    const {Peaks} = await import("/estimator/peaks.js");
    const [runs, looks] = [[...trace.runs], [...trace.answers]];
    const dense = (values, count) => {
        const filled = new Float32Array(count);
        for (let i = 0; i < values.length; i += 2) filled[values[i]] = values[i + 1] / grain;
        return filled;
    };
    const run = async (crop) => {
        const {crop: [x, y, side], cells, joints, maps} = runs.shift();
        const apart = [crop.x - x, crop.y - y, crop.side - side].map(Math.abs);
        if (Math.max(...apart) > 0.05) throw new Error("another crop");
        const area = cells * cells;
        const [centre, guesses, heat] = [area, 2 * joints * area, joints * area].map((count, index) => dense(maps[index], count));
        return {centre, joints: guesses, heat, width: cells, height: cells};
    };
    const look = async () => {
        const [confidence, box] = looks.shift();
        return {confidence, box};
    };
    const [width, height] = trace.image;
    const doubts = trace.doubts ? [run, look] : [];
    const people = await findPeople({width, height}, new Peaks(trace.finder, trace.poses), run, trace.looks, ...doubts);
    return {people: people.map(({box, score, sure}) => ({box, score, sure})), left: runs.length + looks.length};
}"""

CUT = """async ({width, height, rgb, size, box_scale, border, crops}) => {
    const {cropAround, cutOut} = await import("/estimator/crop.js");
    const data = new Uint8ClampedArray(4 * width * height).fill(255);
    rgb.forEach((value, index) => { data[4 * Math.floor(index / 3) + (index % 3)] = value; });
    return crops.map(({box}) => {
        const out = new Uint8Array(size * size * 3);
        cutOut({data, width, height}, cropAround(box, box_scale), size, border, out);
        return Array.from(out);
    });
}"""


@pytest.mark.parametrize("trace", TRACE["findings"], ids=lambda trace: trace["name"])
def test_the_same_people_are_found_as_in_python(page, trace):
    found = page.evaluate(FIND, {"grain": TRACE["grain"], "trace": trace})
    assert found["left"] == 0 and len(found["people"]) == len(trace["people"])
    for person, recorded in zip(found["people"], trace["people"], strict=True):
        np.testing.assert_allclose(person["box"], recorded["box"], atol=0.05)
        assert (person["score"], person["sure"]) == (pytest.approx(recorded["score"], abs=1e-4), recorded["sure"])


def test_the_same_pixels_are_cut_out_as_in_python(page):
    cut = page.evaluate(CUT, TRACE["crop"])
    for pixels, one in zip(cut, TRACE["crop"]["crops"], strict=True):
        assert np.abs(np.subtract(pixels, one["pixels"])).max() <= 2, one["box"]


PLAN = """async ({finders: {sizes, finer, cost_ms: costMs, one_look: oneLook}, goal, everybody, patient}) => {
    const {planSearch} = await import("/estimator/search_plan.js");
    return planSearch({sizes, finer, costMs, oneLook}, goal, everybody, patient);
}"""


def test_a_frame_pays_for_as_much_searching_as_in_python(page):
    recorded = json.loads((ROOT / "tests/search_cases.json").read_text())
    for case in recorded["cases"]:
        deadline = case["goal"].get("deadline_ms")
        goal = {
            "budgetMs": 1000 / case["goal"]["target_fps"] if "target_fps" in case["goal"] else deadline,
            "deadlineMs": deadline,
        }
        finders = recorded["finders"][case["finders"]]
        asked = {"finders": finders, "goal": goal, "everybody": case["everybody"], "patient": case["patient"]}
        assert page.evaluate(PLAN, asked) == {**case["plan"], "everybody": case["everybody"]}, case["says"]
