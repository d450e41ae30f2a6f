"""A worker that does not start, or ends: whoever waits for it is told."""

import pytest

pytestmark = pytest.mark.browser

ASKED = """async (script) => {
    const {EstimatorClient} = await import("/estimator/client.js");
    const real = Worker;
    if (script !== null) {
        const changed = script.replace("WORKER", new URL("/estimator/worker.js", location.href).href);
        const url = URL.createObjectURL(new Blob([changed], {type: "text/javascript"}));
        globalThis.Worker = class extends real { constructor(_, options) { super(url, options); } };
    }
    const client = new EstimatorClient();
    globalThis.Worker = real;
    const told = (asked) => Promise.race([
        asked.then(() => "an answer", ({message}) => message),
        new Promise((resolve) => setTimeout(resolve, 10_000, "nothing")),
    ]);
    const predict = async () => told(client.predict(await createImageBitmap(new ImageData(64, 48)), {}));
    return [await predict(), await predict()];
}"""


def test_a_worker_that_cannot_be_fetched_refuses_every_call(page):
    page.route("**/estimator/worker.js", lambda route: route.abort())
    assert page.evaluate(ASKED, None) == ["the estimator's worker could not start"] * 2


def test_a_worker_that_fails_at_its_start_refuses_every_call(page):
    said = page.evaluate(ASKED, "throw new Error('no memory');")
    assert all("no memory" in line for line in said)


def test_a_worker_that_ends_in_the_middle_refuses_every_call(page):
    ending = 'import "WORKER"; self.onmessage = () => setTimeout(close, 300);'
    assert page.evaluate(ASKED, ending) == ["the estimator's worker has ended: load the page anew"] * 2


def test_before_a_bundle_is_open_a_call_says_so(page):
    assert page.evaluate(ASKED, None) == ["no bundle is open: wait for open() first"] * 2
