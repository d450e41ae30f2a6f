#include "error.hpp"
#include "manifest.hpp"
#include "manifest_text.hpp"
#include "skeleton.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sspnet::core;
using nlohmann::json;

namespace {

/// What is wrong with the default manifest after `change`; "" if nothing.
std::string complaint(const std::function<void(json&)>& change) {
    json manifest = default_manifest();
    change(manifest);
    try {
        parse_manifest(manifest.dump());
        return "";
    } catch (const BundleError& error) {
        return error.what();
    }
}

bool says(const std::string& complaint, const std::string& words) { return complaint.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("the default bundle's manifest is read as it stands") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    CHECK(manifest.cuts == std::vector<int>{2, 4, 8});
    CHECK(manifest.sizes.size() >= 1);
    CHECK(manifest.precisions.front() == "fp32");
    CHECK(manifest.box_scale == 1.25);
    CHECK(manifest.depth_range_mm == 2000);
    CHECK(manifest.graphs.at({"fp32", 128}).stages.front().inputs == std::vector<std::string>{"image"});
    CHECK(manifest.digest.size() == 64);
}

TEST_CASE("a manifest that is no JSON, or of another schema, is refused by name") {
    CHECK_THROWS_WITH_AS(parse_manifest("{"), "manifest.json is not valid JSON", BundleError);
    CHECK(says(complaint([](json& m) { m["schema"] = 2; }), "schema 2; this version of libsspnet reads schema 1"));
    CHECK(says(complaint([](json& m) { m = json::array(); }), "schema null"));
    CHECK_THROWS_AS(parse_manifest(std::string(100000, '[')), BundleError);
}

TEST_CASE("every missing field is named") {
    for (const char* field : {"name", "joints", "frame", "preprocessing", "sizes", "precisions", "cuts", "graphs", "files"})
        CHECK(says(complaint([&](json& m) { m.erase(field); }), std::string("lacks '") + field));
}

TEST_CASE("values of the wrong kind are refused, never converted") {
    CHECK(says(complaint([](json& m) { m["sizes"] = "128"; }), "'sizes' must be a list"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {128.5}; }), "'sizes' must be a whole number"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {1e30}; }), "'sizes' must be a whole number"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {18446744073709551615u}; }), "'sizes' must be from 8 to 4096"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {-9223372036854775807}; }), "'sizes' must be from 8 to 4096"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {128, 128}; }), "distinct"));
    CHECK(says(complaint([](json& m) { m["sizes"] = json::array(); }), "1 to 16"));
    CHECK(says(complaint([](json& m) { m["preprocessing"]["box_scale"] = -1; }), "'preprocessing.box_scale' must be positive"));
    CHECK(says(complaint([](json& m) { m["preprocessing"]["border"] = 256; }), "'preprocessing.border' must be from 0 to 255"));
    CHECK(
        says(complaint([](json& m) { m["preprocessing"]["color"] = "bgr"; }), "a preprocessing that this version does not know"));
    CHECK(says(complaint([](json& m) { m["joints"]["names"][3] = "tail"; }), "joints that are not the 17"));
    CHECK(says(complaint([](json& m) { m["joints"]["names"].push_back("tail"); }), "joints that are not the 17"));
    CHECK(says(complaint([](json& m) { m["frame"]["bone_lengths_mm"][0][1] = 28; }), "bone_lengths_mm"));
    CHECK(says(complaint([](json& m) { m["frame"]["bone_lengths_mm"][0] = {1, 2}; }), "[joint, joint, millimetres]"));
    CHECK(says(complaint([](json& m) { m["name"] = 5; }), "'name' must be a string"));
}

TEST_CASE("a bundle says its joints: all 28, or the body's 17") {
    json manifest = default_manifest();
    for (const int count : {SSPNET_BODY_JOINTS, SSPNET_JOINTS}) {
        json names = json::array();
        for (int j = 0; j < count; ++j) names.push_back(kJointNames[j]);
        manifest["joints"]["names"] = names;
        CHECK(parse_manifest(manifest.dump()).joint_count == count);
    }
}

TEST_CASE("paths that leave the bundle, and graphs without a hash, are refused") {
    const json entry = {{"sha256", std::string(64, '0')}, {"bytes", 1}};
    for (const char* path : {"../x", "a/../../x", "/etc/passwd", "C:x", "a\\b", "", ".", ".."}) {
        CHECK_FALSE(stays_inside(path));
        CHECK(says(complaint([&](json& m) { m["files"][path] = entry; }), "not a path inside the bundle"));
    }
    CHECK_FALSE(stays_inside(std::string("a\0b", 3)));
    CHECK(stays_inside("sub/graph.onnx"));
    CHECK(says(complaint([](json& m) { m["files"].erase("stage_2_128.onnx"); }), "stage_2_128.onnx is not among the files"));
    CHECK(says(complaint([](json& m) { m["files"]["stage_2_128.onnx"]["sha256"] = "ABC"; }), "64 hexadecimal digits"));
    CHECK(says(complaint([](json& m) { m["files"]["stage_2_128.onnx"]["bytes"] = -1; }), "must be a whole number"));
}

TEST_CASE("a bundle's own lift is one of its hashed files") {
    json manifest = default_manifest();
    manifest.erase("lift");
    CHECK(parse_manifest(manifest.dump()).lift.empty());
    manifest["lift"]["file"] = "stage_2_128.onnx";
    CHECK(parse_manifest(manifest.dump()).lift == "stage_2_128.onnx");
    CHECK(says(complaint([](json& m) {
                   m["lift"] = {{"file", "other.onnx"}};
               }),
               "other.onnx is not among the files with a sha256"));
    CHECK(says(complaint([](json& m) { m["lift"] = {{"file", "../x"}}; }), "not a path inside the bundle"));
    CHECK(says(complaint([](json& m) { m["lift"] = {{"file", 5}}; }), "'lift.file' must be a string"));
    CHECK(says(complaint([](json& m) { m["lift"] = json::object(); }), "lacks 'file'"));
}

TEST_CASE("a chain whose stages do not fit each other is refused") {
    const auto stage = [](json& m, int index) -> json& { return m["graphs"]["fp32"]["128"]["stages"][index]; };
    CHECK(says(complaint([&](json& m) { stage(m, 1)["inputs"].push_back("nothing"); }), "no stage gives 'nothing'"));
    CHECK(says(complaint([&](json& m) { stage(m, 1)["cut"] = 5; }), "the stages are not those of the cuts"));
    CHECK(says(complaint([&](json& m) { stage(m, 0)["outputs"] = {"fine"}; }), "gives no 'pose_2'"));
}

TEST_CASE("operating points are ranked by stated error where every one states it, else by work") {
    Manifest plain = parse_manifest(default_manifest().dump());
    for (auto& [key, accuracy] : plain.accuracy) accuracy = {};
    CHECK(plain.error("fp32", 128, 2) > plain.error("fp32", 128, 8));
    Manifest stated = plain;
    for (auto& [key, accuracy] : stated.accuracy) accuracy.pck = 0.75;
    CHECK(stated.error("fp32", 128, 2) == 0.25);
    stated.accuracy.at({{"fp32", 128}, 2}).pck.reset();
    CHECK(stated.error("fp32", 128, 2) == plain.error("fp32", 128, 2));
    for (auto& [key, accuracy] : stated.accuracy) accuracy.pa_mpjpe_mm = 60;
    CHECK(stated.error("fp32", 128, 2) == 60);
}
