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
    CHECK(manifest.graphs.at({"fp32", 128}).stages.front().inputs == std::vector<std::string>{"image", "previous"});
    CHECK(manifest.digest.size() == 64);
}

TEST_CASE("a manifest of schema 1 means the numbers that were compiled in") {
    json manifest = default_manifest();
    manifest["schema"] = 1;
    manifest.erase("poses");
    manifest.erase("finder");
    const Manifest old = parse_manifest(manifest.dump());
    CHECK(old.poses.believed == 0.7f);
    CHECK(std::get<SinglePersonCentres>(old.finder).joints == std::vector<int>{1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16});
    CHECK(std::get<SinglePersonCentres>(old.finder).clear == 0.5f);
    manifest["schema"] = 2;
    CHECK_THROWS_WITH_AS(parse_manifest(manifest.dump()), "manifest.json lacks 'poses'", BundleError);
}

TEST_CASE("numbers that no other language can hold are refused too") {
    CHECK(
        says(complaint([](json& m) { m["sizes"] = {18446744073709551615u}; }), "'sizes' must be a whole number from 8 to 4096"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {-9223372036854775807}; }), "'sizes' must be a whole number from 8 to 4096"));
    CHECK(says(complaint([](json& m) { m["sizes"] = {128.0}; }), "'sizes' must be a whole number from 8 to 4096"));
    CHECK_THROWS_AS(parse_manifest(std::string(100000, '[')), BundleError);
}

TEST_CASE("nothing may stand behind a manifest, not even behind a zero") {
    CHECK_THROWS_AS(parse_manifest(default_manifest().dump() + std::string(1, '\0') + "{}"), BundleError);
    CHECK_NOTHROW(parse_manifest(default_manifest().dump() + "\n"));
}

TEST_CASE("a bundle says its joints: all 28, or the body's 17") {
    json manifest = default_manifest();
    for (const int count : {SSPNET_BODY_JOINTS, SSPNET_JOINTS}) {
        json names = json::array(), parents = json::array(), pairs = json::array();
        for (int j = 0; j < count; ++j) names.push_back(kJointNames[j]), parents.push_back(kJointParents[j]);
        for (const auto& pair : kFlipPairs)
            if (std::max(pair[0], pair[1]) < count) pairs.push_back({pair[0], pair[1]});
        manifest["joints"] = {{"names", names}, {"parents", parents}, {"flip_pairs", pairs}, {"root", 0}};
        CHECK(parse_manifest(manifest.dump()).joint_count == count);
    }
}

TEST_CASE("paths that leave the bundle are known") {
    for (const char* path : {"../x", "a/../../x", "/etc/passwd", "C:x", "a\\b", "", ".", ".."}) CHECK_FALSE(stays_inside(path));
    CHECK_FALSE(stays_inside(std::string("a\0b", 3)));
    CHECK(stays_inside("sub/graph.onnx"));
}

TEST_CASE("a bundle's own lift is one of its hashed files") {
    json manifest = default_manifest();
    manifest.erase("lift");
    CHECK(parse_manifest(manifest.dump()).lift.empty());
    manifest["lift"]["file"] = "stage_2_128.onnx";
    CHECK(parse_manifest(manifest.dump()).lift == "stage_2_128.onnx");
}

TEST_CASE("operating points are ranked by stated error where every one states it, else by work") {
    Manifest plain = parse_manifest(default_manifest().dump());
    for (auto& [key, accuracy] : plain.accuracy) accuracy = {};
    CHECK(plain.error({"fp32"}, "fp32", 128, 2) > plain.error({"fp32"}, "fp32", 128, 8));
    Manifest stated = plain;
    for (auto& [key, accuracy] : stated.accuracy) accuracy.pck = 0.75;
    CHECK(stated.error({"fp32"}, "fp32", 128, 2) == 0.25);
    stated.accuracy.at({{"fp32", 128}, 2}).pck.reset();
    CHECK(stated.error({"fp32"}, "fp32", 128, 2) == plain.error({"fp32"}, "fp32", 128, 2));
    for (auto& [key, accuracy] : stated.accuracy) accuracy.pa_mpjpe_mm = 60;
    CHECK(stated.error({"fp32"}, "fp32", 128, 2) == 60);
}

TEST_CASE(
    "an engine may compute the fp32 graphs in what the bundle has no graphs for; chosen only where all of it was evaluated") {
    json manifest = default_manifest();
    for (json& cut : manifest["cuts"]) cut["accuracy"].erase("bf16");
    const Manifest plain = parse_manifest(manifest.dump());
    CHECK(plain.computable() == std::vector<std::string>{"bf16", "fp16"});
    CHECK(plain.graphs.at({"bf16", 128}).stages.size() == plain.cuts.size());
    CHECK_FALSE(plain.states("bf16"));
    for (json& cut : manifest["cuts"])
        for (const int size : plain.sizes) {
            cut["accuracy"]["fp32"][std::to_string(size)] = {{"pa_mpjpe_mm", 60}};
            cut["accuracy"]["bf16"][std::to_string(size)] = {{"pa_mpjpe_mm", 61}};
        }
    const Manifest stated = parse_manifest(manifest.dump());
    CHECK(stated.states("bf16"));
    CHECK_FALSE(stated.states("fp16"));
    CHECK(stated.error({"fp32", "bf16"}, "bf16", 128, 2) == 61);
    manifest["cuts"][1]["accuracy"]["bf16"].erase("128");
    CHECK_FALSE(parse_manifest(manifest.dump()).states("bf16"));
    manifest["precisions"] = {"int8"};
    manifest["graphs"]["int8"] = manifest["graphs"]["fp32"];
    CHECK(parse_manifest(manifest.dump()).computable().empty());
}
