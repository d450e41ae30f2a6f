"""The browser opens the bundles that Python and C++ open, and refuses the others in the same words."""

import json

import pytest
from web_site import ROOT

pytestmark = pytest.mark.browser

TABLE = json.loads((ROOT / "tests/bundle_cases.json").read_text())

REPLAY = """async ({manifest, cases}) => {
    const {checkedManifest, parsed} = await import("/estimator/manifest.js");
    const {BundleError} = await import("/estimator/fields.js");
    const changed = ({put, value, ...rest}) => {
        const document = structuredClone(manifest);
        const path = put ?? rest.delete;
        const at = path.slice(0, -1).reduce((inner, key) => inner[key], document);
        if (put) at[path.at(-1)] = value;
        else delete at[path.at(-1)];
        return document;
    };
    return cases.map((one) => {
        try {
            const text = "raw" in one ? one.raw : "text" in one ? JSON.stringify(manifest).replace(...one.text) : null;
            checkedManifest(text === null ? changed(one) : parsed(text));
            return "";
        } catch (error) {
            return `${error instanceof BundleError ? "manifest.json" : "a bug"}: ${error.message}`;
        }
    });
}"""


def test_every_manifest_of_the_table_opens_or_is_refused_in_its_words(page):
    answers = page.evaluate(REPLAY, TABLE)
    for case, said in zip(TABLE["cases"], answers, strict=True):
        assert (case["says"] in said if case["says"] else said == "") and "\n" not in said, (case, said)


NONSENSE = """async () => {
    const {runGraph} = await import("/estimator/engine.js");
    const answers = {};
    for (const [what, type, data] of [
        ["nan", "float32", new Float32Array([NaN])], ["inf", "float32", new Float32Array([-Infinity])],
        ["large", "float32", new Float32Array([1e30])], ["text", "string", ["left"]], ["bool", "bool", new Uint8Array([1])],
        ["fine", "float32", new Float32Array([0.5])],
    ]) {
        const session = {run: async () => ({pose_2: {type, data}})};
        const run = runGraph(session, "stage_2.onnx", {}, ["pose_2"], {pose_2: 100});
        answers[what] = await run.then(() => "", (error) => error.message);
    }
    return answers;
}"""


def test_a_network_that_answers_nonsense_is_told_in_one_line(page):
    answers = page.evaluate(NONSENSE)
    assert answers.pop("fine") == ""
    assert all(said.startswith("the graph stage_2.onnx g") and "\n" not in said for said in answers.values()), answers
