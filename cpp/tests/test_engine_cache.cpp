#include "engine_cache.hpp"

#include "error.hpp"
#include "sha256.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace sspnet::core;
namespace fs = std::filesystem;

TEST_CASE("models that differ, or whose weights do, keep their TensorRT engines apart") {
    const fs::path folder = fs::temp_directory_path() / "sspnet-engine-cache-test";
    fs::remove_all(folder);
    fs::create_directories(folder);
    const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
    write("a.onnx", "graph");
    write("b.onnx", "another");
    const fs::path a = tensorrt_folder("cache", folder / "a.onnx"), b = tensorrt_folder("cache", folder / "b.onnx");
    CHECK(a == fs::path("cache") / "tensorrt" / sha256_hex("graph").substr(0, 16));
    CHECK(a != b);
    write("weights.bin", "weights");
    CHECK(tensorrt_folder("cache", folder / "a.onnx").filename() == sha256_hex("graphweights").substr(0, 16));
    CHECK(tensorrt_folder("", folder / "a.onnx").empty());
    CHECK_THROWS_AS(tensorrt_folder("cache", folder / "none.onnx"), BundleError);
    fs::remove_all(folder);
}
