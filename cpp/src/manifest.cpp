#include "manifest.hpp"

#include "error.hpp"
#include "fields.hpp"
#include "sha256.hpp"
#include "skeleton.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace sspnet::core {
namespace {

constexpr int kSchema = 2;
constexpr int kLeastSize = 8, kMostSize = 4096, kMostCut = 1000;
constexpr std::int64_t kMostFileBytes = std::int64_t(1) << 32;

std::vector<int> ascending(std::vector<int> values) {
    std::sort(values.begin(), values.end());
    return values;
}

std::vector<std::string> texts(const Json& value, const std::string& what) {
    std::vector<std::string> result;
    for (const Json& one : list(value, what, 0, 100)) result.push_back(text(one, what, 100));
    return result;
}

/// Parents and flip pairs of the first `count` joints that this version knows.
Json known_parents(int count) {
    Json parents = Json::array();
    for (int joint = 0; joint < count; ++joint) parents.push_back(kJointParents[joint]);
    return parents;
}

Json known_flip_pairs(int count) {
    Json pairs = Json::array();
    for (const auto& pair : kFlipPairs)
        if (std::max(pair[0], pair[1]) < count) pairs.push_back({pair[0], pair[1]});
    return pairs;
}

int read_joints(const Json& joints) {
    const std::vector<std::string> names = texts(entry(joints, "names", "joints"), "joints.names");
    const int count = int(std::min(names.size(), std::size_t(SSPNET_JOINTS) + 1));
    if ((count != SSPNET_BODY_JOINTS && count != SSPNET_JOINTS) || !std::equal(names.begin(), names.end(), kJointNames))
        throw BundleError("manifest.json has joints that are not the " + std::to_string(SSPNET_BODY_JOINTS) + " or the " +
                          std::to_string(SSPNET_JOINTS) + " this version knows");
    if (entry(joints, "parents", "joints") != known_parents(count))
        malformed("'joints.parents' must be those of the joints' names");
    if (entry(joints, "flip_pairs", "joints") != known_flip_pairs(count))
        malformed("'joints.flip_pairs' must be those of the joints' names");
    if (entry(joints, "root", "joints") != Json(0)) malformed("'joints.root' must be 0");
    return count;
}

void read_frame(const Json& frame, Manifest& manifest) {
    manifest.depth_range_mm = number(entry(frame, "depth_range_mm", "frame"), "frame.depth_range_mm", 1, 100'000);
    const std::string what = "frame.bone_lengths_mm";
    for (const Json& bone : list(entry(frame, "bone_lengths_mm", "frame"), what, 1, 100)) {
        list(bone, "a bone of " + what, 3, 3);
        const int a = int(whole(bone[0], what, 0, manifest.joint_count - 1));
        const int b = int(whole(bone[1], what, 0, manifest.joint_count - 1));
        if (a == b) malformed("'" + what + "' has a bone from joint " + std::to_string(a) + " to itself");
        manifest.bones.push_back({a, b, float(number(bone[2], what, 1, 10'000))});
    }
}

void read_preprocessing(const Json& preprocessing, Manifest& manifest) {
    const auto is = [&](const char* name, const char* value) {
        return entry(preprocessing, name, "preprocessing") == Json(value);
    };
    if (!is("layout", "NHWC") || !is("dtype", "uint8") || !is("color", "rgb"))
        throw BundleError("manifest.json wants a preprocessing that this version does not know");
    manifest.box_scale = number(entry(preprocessing, "box_scale", "preprocessing"), "preprocessing.box_scale", 0.5, 10);
    manifest.border = std::uint8_t(whole(entry(preprocessing, "border", "preprocessing"), "preprocessing.border", 0, 255));
}

/// What an evaluation found, or a lower precision costs: precision -> size -> score -> number.
void check_scores(const Json& scores, const std::string& what) {
    for (const Json& sizes : object(scores, what))
        for (const Json& stated : object(sizes, what))
            for (const auto& [score, value] : object(stated, what).items())
                number(value, what + "." + score.substr(0, 40), 0, score == "pck" ? 1 : 1e6);
}

int read_cut(const Json& cut, Manifest& manifest) {
    const int depth = int(whole(entry(cut, "cut", "cuts"), "cuts.cut", 1, kMostCut));
    if (const Json& parameters = optional_entry(cut, "parameters"); !parameters.is_null())
        whole(parameters, "cuts.parameters", 0, std::int64_t(1) << 50);
    for (const char* name : {"accuracy", "deviation"})
        if (cut.contains(name)) check_scores(cut[name], std::string("cuts.") + name);
    if (cut.contains("macs"))
        for (const Json& macs : object(cut["macs"], "cuts.macs")) number(macs, "cuts.macs", 0, 1e18);
    const auto stated = [](const Json& score) {
        return score.is_number() ? std::optional<double>(score.get<double>()) : std::nullopt;
    };
    for (const int size : manifest.sizes) {
        const double macs = stated(optional_entry(optional_entry(cut, "macs"), std::to_string(size))).value_or(0);
        manifest.macs[{size, depth}] = macs > 0 ? macs : double(size) * size * (1e4 + 1e3 * depth);
        std::vector<std::string> precisions = manifest.computable();
        precisions.insert(precisions.end(), manifest.precisions.begin(), manifest.precisions.end());
        for (const std::string& precision : precisions) {
            const Json& found = optional_entry(optional_entry(optional_entry(cut, "accuracy"), precision), std::to_string(size));
            manifest.accuracy[{{precision, size}, depth}] = {stated(optional_entry(found, "pck")),
                                                             stated(optional_entry(found, "pa_mpjpe_mm"))};
        }
    }
    return depth;
}

std::vector<std::string> read_precisions(const Json& value) {
    std::vector<std::string> names;
    for (const Json& one : list(value, "precisions", 1, SSPNET_MOST_CHOICES)) names.push_back(text(one, "precisions", 20));
    const auto is_name = [](const std::string& name) {
        return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    };
    if (!std::all_of(names.begin(), names.end(), is_name)) malformed("'precisions' must be names such as fp32");
    if (std::set<std::string>(names.begin(), names.end()).size() < names.size()) malformed("'precisions' must be distinct");
    return names;
}

void read_choices(const Json& root, Manifest& manifest) {
    manifest.precisions = read_precisions(entry(root, "precisions"));
    manifest.sizes = ascending(wholes(entry(root, "sizes"), "sizes", kLeastSize, kMostSize, SSPNET_MOST_CHOICES));
    Json cuts = Json::array();
    for (const Json& cut : list(entry(root, "cuts"), "cuts", 1, SSPNET_MOST_CHOICES)) cuts.push_back(read_cut(cut, manifest));
    manifest.cuts = ascending(wholes(cuts, "cuts", 1, kMostCut, SSPNET_MOST_CHOICES));
}

void check_name(const std::string& name) {
    if (stays_inside(name)) return;
    const std::string shown = Json(name.substr(0, 80)).dump(-1, ' ', true, Json::error_handler_t::replace);
    throw BundleError("manifest.json names " + shown + ", which is not a path inside the bundle");
}

bool is_hash(const Json& value) {
    if (!value.is_string()) return false;
    const std::string hash = value.get<std::string>();
    return hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void read_files(const Json& files, Manifest& manifest) {
    if (object(files, "files").size() > 10'000) malformed("'files' lists more than 10,000");
    for (const auto& [name, file] : files.items()) {
        check_name(name);
        const std::int64_t bytes = whole(entry(file, "bytes", "files." + name), "files." + name + ".bytes", 0, kMostFileBytes);
        const Json& hash = entry(file, "sha256", "files." + name);
        if (!is_hash(hash)) malformed("'files." + name + ".sha256' must be 64 hexadecimal digits");
        manifest.files.push_back({name, hash.get<std::string>(), std::uint64_t(bytes)});
    }
}

std::string listed(const Manifest& manifest, const Json& value) {
    const std::string name = value.is_string() ? value.get<std::string>() : "";
    check_name(name);
    const auto is_it = [&](const FileEntry& file) { return file.name == name; };
    if (std::none_of(manifest.files.begin(), manifest.files.end(), is_it))
        throw BundleError("manifest.json names the graph " + name + ", which is not among the files with a sha256");
    return name;
}

/// A list of distinct tensors.
std::vector<std::string> tensors(const Json& stage, const std::string& name, const std::string& what) {
    const std::vector<std::string> names = texts(list(entry(stage, name, what), what + "." + name, 1, 100), what + "." + name);
    if (std::set<std::string>(names.begin(), names.end()).size() < names.size())
        malformed("'" + what + "." + name + "' names a tensor twice");
    return names;
}

void check_chain(const std::vector<StageGraph>& stages, const std::vector<int>& cuts, const std::string& what) {
    const auto same = [](const StageGraph& stage, int cut) { return stage.cut == cut; };
    if (!std::equal(stages.begin(), stages.end(), cuts.begin(), cuts.end(), same))
        malformed("'" + what + ".stages' must be those of the cuts");
    std::set<std::string> given = {"image", "previous"};
    for (const StageGraph& stage : stages) {
        for (const std::string& name : stage.inputs)
            if (given.count(name) == 0) malformed("no stage gives '" + name + "', which " + stage.file + " needs");
        given.insert(stage.outputs.begin(), stage.outputs.end());
        const std::string pose = "pose_" + std::to_string(stage.cut);
        if (std::count(stage.outputs.begin(), stage.outputs.end(), pose) != 1)
            malformed("the stage " + stage.file + " gives no '" + pose + "'");
    }
}

GraphSet read_graphs(const Json& graphs, const Manifest& manifest, const std::string& what) {
    GraphSet set;
    object(graphs, what);
    if (graphs.contains("full")) listed(manifest, graphs["full"]);
    if (graphs.contains("finder")) set.finder = listed(manifest, graphs["finder"]);
    if (graphs.contains("finer_finder")) set.finer_finder = listed(manifest, graphs["finer_finder"]);
    for (const Json& stage : list(entry(graphs, "stages", what), what + ".stages", 0, SSPNET_MOST_CHOICES)) {
        const int cut = int(whole(entry(stage, "cut", what + ".stages"), what + ".stages.cut", 1, kMostCut));
        const std::string file = listed(manifest, entry(stage, "file", what + ".stages"));
        set.stages.push_back(
            {cut, file, tensors(stage, "inputs", what + ".stages"), tensors(stage, "outputs", what + ".stages")});
    }
    check_chain(set.stages, manifest.cuts, what);
    return set;
}

void read_all_graphs(const Json& graphs, Manifest& manifest) {
    for (const std::string& precision : manifest.precisions)
        for (const int size : manifest.sizes) {
            const Json& set = entry(entry(graphs, precision, "graphs"), std::to_string(size), "graphs." + precision);
            manifest.graphs[{precision, size}] = read_graphs(set, manifest, "graphs." + precision + "." + std::to_string(size));
        }
    for (const std::string& precision : manifest.computable())
        for (const int size : manifest.sizes) manifest.graphs[{precision, size}] = manifest.graphs.at({"fp32", size});
}

/// A graph beside the stages, where the bundle has it.
std::string small_graph(const Json& root, const std::string& name, const Manifest& manifest) {
    const Json& graph = optional_entry(root, name);
    return graph.is_null() ? "" : listed(manifest, entry(graph, "file", name));
}

/// What only people read.
void check_notes(const Json& root) {
    if (const Json& license = optional_entry(root, "license"); !license.is_null()) text(license, "license");
    if (const Json& lines = optional_entry(root, "training_data"); !lines.is_null())
        for (const Json& line : list(lines, "training_data", 0, 1000)) text(line, "training_data");
    if (root.contains("created")) text(root["created"], "created", 100);
    for (const char* name : {"model", "versions"})
        if (root.contains(name)) object(root[name], name);
}

Json parse(const std::string& content) {
    Json root = Json::parse(content, nullptr, false);
    if (root.is_discarded() || content.find('\0') != std::string::npos)  // the parser takes a zero for the end
        throw BundleError("manifest.json is not valid JSON");
    const Json& schema = optional_entry(root, "schema");
    if (schema == Json(1)) root.update(schema_1());
    if (!schema.is_number_integer() || (schema != kSchema && schema != 1))
        throw BundleError("manifest.json has schema " + schema.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40) +
                          "; this version of libsspnet reads schema " + std::to_string(kSchema) + ", and 1");
    return root;
}

}  // namespace

Manifest parse_manifest(const std::string& content) {
    const Json root = parse(content);
    Manifest manifest;
    manifest.digest = sha256_hex(content);
    manifest.name = text(entry(root, "name"), "name", 200);
    manifest.joint_count = read_joints(entry(root, "joints"));
    read_frame(entry(root, "frame"), manifest);
    read_preprocessing(entry(root, "preprocessing"), manifest);
    read_choices(root, manifest);
    read_files(entry(root, "files"), manifest);
    read_all_graphs(entry(root, "graphs"), manifest);
    manifest.lift = small_graph(root, "lift", manifest);
    small_graph(root, "root_depth", manifest);
    manifest.poses = read_poses(entry(root, "poses"));
    if (manifest.has_finder()) manifest.finder = read_finder(entry(root, "finder"));
    check_notes(root);
    return manifest;
}

bool stays_inside(const std::string& name) {
    if (name.empty() || name.size() > 250 || name.front() == '/') return false;
    if (name.find_first_of(std::string("\\:\"*?<>|\n\0", 10)) != std::string::npos) return false;
    bool named = false;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string part = name.substr(begin, end - begin);
        if (part == "..") return false;
        named = named || (!part.empty() && part != ".");
        begin = end + 1;
    }
    return named;
}

bool Manifest::has_finder() const {
    return std::any_of(graphs.begin(), graphs.end(),
                       [](const auto& entry) { return !entry.second.finder.empty() || !entry.second.finer_finder.empty(); });
}

std::vector<std::string> Manifest::computable() const {
    const auto has = [&](const std::string& name) { return std::count(precisions.begin(), precisions.end(), name) > 0; };
    std::vector<std::string> names;
    for (const char* name : kEnginePrecisions)
        if (has("fp32") && !has(name)) names.push_back(name);
    return names;
}

bool Manifest::states(const std::string& precision) const {
    return std::all_of(accuracy.begin(), accuracy.end(), [&](const auto& entry) {
        return entry.first.first.first != precision || entry.second.pck || entry.second.pa_mpjpe_mm;
    });
}

double Manifest::error(const std::vector<std::string>& compared, const std::string& precision, int size, int cut) const {
    const auto all_state = [&](auto member) {
        return std::all_of(accuracy.begin(), accuracy.end(), [&](const auto& entry) {
            const bool counts = std::count(compared.begin(), compared.end(), entry.first.first.first) > 0;
            return !counts || (entry.second.*member).has_value();
        });
    };
    const Accuracy& stated = accuracy.at({{precision, size}, cut});
    if (all_state(&Accuracy::pa_mpjpe_mm)) return *stated.pa_mpjpe_mm;
    if (all_state(&Accuracy::pck)) return 1 - *stated.pck;
    return 1e9 / macs.at({size, cut});
}

}  // namespace sspnet::core
