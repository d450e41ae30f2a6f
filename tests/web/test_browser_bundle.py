"""The browser opens the bundles that Python and C++ open, and refuses the others in the same words."""

import json

import pytest
from web_site import ROOT

pytestmark = pytest.mark.browser

TABLE = json.loads((ROOT / "tests/bundle_cases.json").read_text())

REPLAY = """async ({manifest, cases}) => {
    const {checkedManifest} = await import("/estimator/manifest.js");
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
            checkedManifest("raw" in one ? JSON.parse(one.raw) : changed(one));
            return "";
        } catch (error) {
            const ours = error instanceof BundleError || (error instanceof SyntaxError && "raw" in one);
            return `${ours ? "manifest.json" : "a bug"}: ${error.message}`;
        }
    });
}"""


def test_every_manifest_of_the_table_opens_or_is_refused_in_its_words(page):
    answers = page.evaluate(REPLAY, TABLE)
    for case, said in zip(TABLE["cases"], answers, strict=True):
        assert (case["says"] in said if case["says"] else said == "") and "\n" not in said, (case, said)
