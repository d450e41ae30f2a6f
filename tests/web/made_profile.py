"""Timings of a browser on paper, as the page keeps those that it measured."""

PROFILE = """async () => {
    const {openBundle} = await import("/estimator/bundle.js");
    const {loadEngine} = await import("/estimator/engine.js");
    const {profileKey} = await import("/estimator/profile.js");
    const bundle = await openBundle(new URL("/bundle/", location.href));
    const timings = {};
    for (const size of bundle.sizes) {
        const p50 = bundle.cuts.map((cut) => (size / 128) ** 2 * (4 + cut));
        timings[size] = {p50, finder: p50[0] / 2};
    }
    return {key: profileKey(bundle, await loadEngine("wasm", new URL("/ort/", location.href))), timings};
}"""
