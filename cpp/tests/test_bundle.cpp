#include "bundle.hpp"
#include "error.hpp"
#include "manifest_text.hpp"
#include "sha256.hpp"

#include <doctest/doctest.h>

#ifndef _WIN32
#include <sys/stat.h>
#endif

#include <random>

using namespace sspnet::core;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A bundle of one text file for every file that the default manifest lists, removed at the end.
class SmallBundle {
public:
    SmallBundle()
        : folder(fs::temp_directory_path() / ("sspnet-" + std::to_string(std::random_device{}()))), manifest(default_manifest()) {
        fs::create_directories(folder);
        for (auto& [name, entry] : manifest["files"].items()) {
            const std::string text = "content of " + name;
            std::ofstream(folder / name) << text;
            entry = {{"sha256", sha256_hex(text)}, {"bytes", text.size()}};
        }
        std::ofstream(folder / "manifest.json") << manifest.dump();
    }
    ~SmallBundle() { fs::remove_all(folder); }

    std::string complaint() const {
        try {
            open_bundle(folder.u8string());
            return "";
        } catch (const BundleError& error) {
            return error.what();
        }
    }

    fs::path folder;
    json manifest;
};

bool says(const std::string& complaint, const std::string& words) { return complaint.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("the default bundle opens, every hash right") {
    const Bundle bundle = open_bundle(kDefaultBundle);
    CHECK(fs::exists(bundle.file(bundle.manifest.graphs.at({"fp32", 128}).stages[0].file)));
}

TEST_CASE("a bundle opens only as its manifest says") {
    SmallBundle bundle;
    CHECK(bundle.complaint() == "");
    SUBCASE("one byte changed") {
        std::ofstream(bundle.folder / "stage_2_128.onnx") << "Content of stage_2_128.onnx";
        CHECK(says(bundle.complaint(), "stage_2_128.onnx"));
        CHECK(says(bundle.complaint(), "damaged or was changed"));
    }
    SUBCASE("cut off") {
        fs::resize_file(bundle.folder / "weights.bin", 3);
        CHECK(says(bundle.complaint(), "damaged or was changed"));
    }
    SUBCASE("a file missing") {
        fs::remove(bundle.folder / "weights.bin");
        CHECK(says(bundle.complaint(), "weights.bin cannot be read"));
    }
    SUBCASE("a link that leaves the bundle") {
        const fs::path outside = bundle.folder.u8string() + ".outside";
        fs::rename(bundle.folder / "weights.bin", outside);
        fs::create_symlink(outside, bundle.folder / "weights.bin");
        CHECK(says(bundle.complaint(), "link that leaves the bundle"));
        fs::remove(outside);
    }
    SUBCASE("a link that stays inside") {
        fs::rename(bundle.folder / "weights.bin", bundle.folder / "other.bin");
        fs::create_symlink("other.bin", bundle.folder / "weights.bin");
        CHECK(bundle.complaint() == "");
    }
    SUBCASE("a sparse giant is not read") {
        fs::resize_file(bundle.folder / "weights.bin", std::uintmax_t(200) << 30);
        CHECK(says(bundle.complaint(), "size is not the manifest's"));
    }
    SUBCASE("a loop of links") {
        fs::remove(bundle.folder / "weights.bin");
        fs::create_symlink("weights.bin", bundle.folder / "weights.bin");
        CHECK(says(bundle.complaint(), "weights.bin"));
    }
#ifndef _WIN32
    SUBCASE("a pipe is not waited for, nor a device read") {
        for (const char* name : {"weights.bin", "manifest.json"}) {
            fs::remove(bundle.folder / name);
            REQUIRE(mkfifo((bundle.folder / name).c_str(), 0600) == 0);
            CHECK(says(bundle.complaint(), "not a regular file"));
        }
        fs::remove(bundle.folder / "manifest.json");
        fs::create_symlink("/dev/zero", bundle.folder / "manifest.json");
        CHECK(says(bundle.complaint(), "not a regular file"));
    }
#endif
    SUBCASE("no manifest") {
        fs::remove(bundle.folder / "manifest.json");
        CHECK(says(bundle.complaint(), "it holds no manifest.json"));
    }
    SUBCASE("a manifest larger than any") {
        fs::resize_file(bundle.folder / "manifest.json", 9 << 20);
        CHECK(says(bundle.complaint(), "larger than any manifest"));
    }
    SUBCASE("a malformed manifest is named with its path") {
        bundle.manifest.erase("cuts");
        std::ofstream(bundle.folder / "manifest.json") << bundle.manifest.dump();
        CHECK(says(bundle.complaint(), (bundle.folder / "manifest.json lacks 'cuts'").u8string()));
    }
}

TEST_CASE("what is no folder is no bundle") {
    CHECK_THROWS_WITH_AS(open_bundle("nowhere"), "nowhere is not a bundle: no such folder", BundleError);
    CHECK_THROWS_AS(open_bundle(kDefaultBundle + "/manifest.json"), BundleError);
    CHECK_THROWS_AS(open_bundle(""), BundleError);
}
