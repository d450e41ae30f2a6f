// Open and check a bundle: a folder with a manifest, graphs and one copy of the weights.
#pragma once

#include "manifest.hpp"

#include <filesystem>

namespace sspnet::core {

struct Bundle {
    std::filesystem::path folder;
    Manifest manifest;

    std::filesystem::path file(const std::string& name) const { return folder / std::filesystem::u8path(name); }
};

/// Checks all of it: schema, paths that stay inside (by links neither), sizes and sha256 of every file.
/// Throws BundleError: names the file or field that is wrong.
Bundle open_bundle(const std::string& folder);

}  // namespace sspnet::core
