// A bundle's manifest.json, checked. Nothing here touches the file system.
#pragma once

#include "thresholds.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sspnet::core {

struct Bone {
    int a, b;
    float length_mm;
};

/// One stage of the chain: what it needs and gives, by the names of the graph's tensors.
struct StageGraph {
    int cut;
    std::string file;
    std::vector<std::string> inputs, outputs;
};

/// The graphs of one precision and size; the finders are empty where there is none. `finer_finder` takes twice the size.
struct GraphSet {
    std::vector<StageGraph> stages;
    std::string finder, finer_finder;
};

struct FileEntry {
    std::string name, sha256;
    std::uint64_t bytes;
};

/// What a bundle states for an operating point; nothing where it was not evaluated.
struct Accuracy {
    std::optional<double> pck, pa_mpjpe_mm;
};

/// What an engine may compute fp32 graphs in, where its device is made for it.
constexpr const char* kEnginePrecisions[] = {"bf16", "fp16"};

struct Manifest {
    std::string name, digest;  ///< the digest is the sha256 of the manifest itself
    int joint_count;           ///< SSPNET_JOINTS or SSPNET_BODY_JOINTS
    double box_scale, depth_range_mm;
    std::uint8_t border;
    std::vector<Bone> bones;
    PoseThresholds poses;
    FinderNumbers finder;                                    ///< where the bundle has a finder
    std::vector<int> sizes, cuts;                            ///< ascending
    std::vector<std::string> precisions;                     ///< that there are graphs in
    std::map<std::pair<std::string, int>, GraphSet> graphs;  ///< by precision and size; fp32's under kEnginePrecisions too
    std::map<std::pair<int, int>, double> macs;              ///< by size and cut, of one crop
    std::map<std::pair<std::pair<std::string, int>, int>, Accuracy> accuracy;  ///< by precision and size, and cut
    std::vector<FileEntry> files;
    std::string lift;  ///< the graph from a cut's answer to millimetres; empty where there is none

    bool has_finder() const;

    /// Of kEnginePrecisions, those for which there are fp32 graphs and none of their own.
    std::vector<std::string> computable() const;

    /// Whether every size and cut was evaluated in a precision.
    bool states(const std::string& precision) const;

    /// An operating point's error on one scale for all precisions that are `compared`: PA-MPJPE where the bundle states it for
    /// every point of theirs, else 1 − PCK, else a stand-in that falls with the work done.
    double error(const std::vector<std::string>& compared, const std::string& precision, int size, int cut) const;
};

/// Throws BundleError: names what is wrong.
Manifest parse_manifest(const std::string& text);

/// Whether `name` is a plain relative path that does not leave its folder.
bool stays_inside(const std::string& name);

}  // namespace sspnet::core
