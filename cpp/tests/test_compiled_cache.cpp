#include "compiled_cache.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <random>

namespace fs = std::filesystem;
using sspnet::core::CompiledCache;

namespace {

std::string kept(const CompiledCache& cache) {
    auto stream = cache.read();
    return stream ? std::string(std::istreambuf_iterator<char>(*stream), {}) : "nothing";
}

}  // namespace

TEST_CASE("a compiled graph is kept for its bundle and settings, and a damaged one is as none") {
    const fs::path folder = fs::temp_directory_path() / ("sspnet-" + std::to_string(std::random_device{}()));
    fs::create_directories(folder);
    std::ofstream(folder / "manifest.json") << "{}";
    const fs::path graph = folder / "stage.onnx", cache = folder / "openvino";
    const CompiledCache mine(cache, graph, "cpu");
    CHECK(kept(mine) == "nothing");
    mine.write(std::string(100'000, 'x'));
    CHECK(kept(mine) == std::string(100'000, 'x'));
    CHECK(kept(CompiledCache(cache, graph, "gpu")) == "nothing");
    CHECK(kept(CompiledCache(cache, folder / "other.onnx", "cpu")) == "nothing");
    for (const auto& file : fs::directory_iterator(cache)) {
        std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(70'000) << '\0';
    }
    CHECK(kept(mine) == "nothing");
    mine.write("anew");
    CHECK(kept(mine) == "anew");
    std::ofstream(folder / "manifest.json") << "{\"other\": 1}";
    CHECK(kept(CompiledCache(cache, graph, "cpu")) == "nothing");
    CHECK_FALSE(bool(CompiledCache({}, graph, "cpu")));
    CHECK_FALSE(bool(CompiledCache(cache, folder / "elsewhere" / "stage.onnx", "cpu")));
    fs::remove_all(folder);
}
