#include "manifest.hpp"

#include "error.hpp"
#include "sha256.hpp"
#include "skeleton.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace sspnet::core {
namespace {

using Json = nlohmann::json;

constexpr int kSchema = 1;
constexpr int kLargestSize = 4096;

[[noreturn]] void malformed(const std::string& what) { throw BundleError("manifest.json is malformed: " + what); }

const Json& field(const Json& object, const std::string& name) {
    if (!object.is_object()) malformed("an object with the field '" + name + "' is expected");
    const auto found = object.find(name);
    if (found == object.end()) throw BundleError("manifest.json lacks '" + name + "'");
    return *found;
}

/// The field, or null where it is missing.
const Json& optional_field(const Json& object, const std::string& name) {
    static const Json nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

const Json& list(const Json& object, const std::string& name) {
    const Json& value = field(object, name);
    if (!value.is_array()) malformed("'" + name + "' must be a list");
    return value;
}

std::string text(const Json& value, const std::string& what) {
    if (!value.is_string()) malformed("'" + what + "' must be a string");
    return value.get<std::string>();
}

int integer(const Json& value, const std::string& what, int least, int most) {
    if (!value.is_number_integer()) malformed("'" + what + "' must be a whole number");
    const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                                 : value.get<std::int64_t>() <= most && value.get<std::int64_t>() >= least;
    if (!fits || value.get<int>() < least)
        malformed("'" + what + "' must be from " + std::to_string(least) + " to " + std::to_string(most));
    return value.get<int>();
}

double positive(const Json& value, const std::string& what) {
    if (!value.is_number() || !(value.get<double>() > 0) || !std::isfinite(value.get<double>()))
        malformed("'" + what + "' must be positive");
    return value.get<double>();
}

std::vector<std::string> texts(const Json& object, const std::string& name) {
    std::vector<std::string> result;
    for (const Json& value : list(object, name)) result.push_back(text(value, name));
    return result;
}

std::vector<int> ascending(std::vector<int> values, const std::string& what) {
    std::sort(values.begin(), values.end());
    const bool distinct = std::adjacent_find(values.begin(), values.end()) == values.end();
    if (values.empty() || !distinct || values.size() > SSPNET_MOST_CHOICES)
        malformed("'" + what + "' must list 1 to 16 distinct numbers");
    return values;
}

void read_frame(const Json& root, Manifest& manifest) {
    const Json& frame = field(root, "frame");
    manifest.depth_range_mm = positive(field(frame, "depth_range_mm"), "frame.depth_range_mm");
    for (const Json& entry : list(frame, "bone_lengths_mm")) {
        if (!entry.is_array() || entry.size() != 3)
            malformed("'frame.bone_lengths_mm' must list bones as [joint, joint, millimetres]");
        const int a = integer(entry[0], "frame.bone_lengths_mm", 0, manifest.joint_count - 1);
        const int b = integer(entry[1], "frame.bone_lengths_mm", 0, manifest.joint_count - 1);
        if (!entry[2].is_number() || !std::isfinite(entry[2].get<float>()))
            malformed("a bone's length must be a number of millimetres");
        manifest.bones.push_back({a, b, entry[2].get<float>()});
    }
    if (manifest.bones.empty()) malformed("'frame.bone_lengths_mm' is empty");
}

void read_preprocessing(const Json& root, Manifest& manifest) {
    const Json& preprocessing = field(root, "preprocessing");
    const auto is = [&](const char* name, const char* value) { return text(field(preprocessing, name), name) == value; };
    if (!is("layout", "NHWC") || !is("dtype", "uint8") || !is("color", "rgb"))
        throw BundleError("the bundle wants a preprocessing that this version does not know");
    manifest.box_scale = positive(field(preprocessing, "box_scale"), "preprocessing.box_scale");
    manifest.border = static_cast<std::uint8_t>(integer(field(preprocessing, "border"), "preprocessing.border", 0, 255));
}

int read_joints(const Json& root) {
    const std::vector<std::string> names = texts(field(root, "joints"), "names");
    const int count = int(std::min(names.size(), std::size_t(SSPNET_JOINTS) + 1));
    if ((count != SSPNET_BODY_JOINTS && count != SSPNET_JOINTS) || !std::equal(names.begin(), names.end(), kJointNames))
        throw BundleError("the bundle has joints that are not the " + std::to_string(SSPNET_BODY_JOINTS) + " or the " +
                          std::to_string(SSPNET_JOINTS) + " this version knows");
    return count;
}

void read_accuracy(const Json& entry, int cut, Manifest& manifest) {
    const auto number = [](const Json& value) {
        return value.is_number() ? std::optional<double>(value.get<double>()) : std::nullopt;
    };
    for (const int size : manifest.sizes) {
        const Json& macs = optional_field(optional_field(entry, "macs"), std::to_string(size));
        const bool stated = macs.is_number() && macs.get<double>() > 0;
        manifest.macs[{size, cut}] = stated ? macs.get<double>() : double(size) * size * (1e4 + 1e3 * cut);
        for (const std::string& precision : manifest.precisions) {
            const Json& found =
                optional_field(optional_field(optional_field(entry, "accuracy"), precision), std::to_string(size));
            manifest.accuracy[{{precision, size}, cut}] = {number(optional_field(found, "pck")),
                                                           number(optional_field(found, "pa_mpjpe_mm"))};
        }
    }
}

void read_choices(const Json& root, Manifest& manifest) {
    manifest.precisions = texts(root, "precisions");
    if (manifest.precisions.empty()) malformed("'precisions' is empty");
    std::vector<int> sizes, cuts;
    for (const Json& size : list(root, "sizes")) sizes.push_back(integer(size, "sizes", 8, kLargestSize));
    for (const Json& entry : list(root, "cuts")) cuts.push_back(integer(field(entry, "cut"), "cut", 1, 1000));
    manifest.sizes = ascending(sizes, "sizes");
    manifest.cuts = ascending(cuts, "cuts");
    for (const Json& entry : list(root, "cuts")) read_accuracy(entry, entry["cut"].get<int>(), manifest);
}

bool is_hash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void read_files(const Json& root, Manifest& manifest) {
    const Json& files = field(root, "files");
    if (!files.is_object()) malformed("'files' must be an object");
    for (const auto& [name, entry] : files.items()) {
        if (!stays_inside(name)) throw BundleError("the manifest names '" + name + "', which is not a path inside the bundle");
        const Json& bytes = field(entry, "bytes");
        if (!bytes.is_number_unsigned()) malformed("'bytes' of " + name + " must be a whole number");
        const std::string hash = text(field(entry, "sha256"), "sha256");
        if (!is_hash(hash)) malformed("'sha256' of " + name + " must be 64 hexadecimal digits");
        manifest.files.push_back({name, hash, bytes.get<std::uint64_t>()});
    }
}

std::string listed(const Manifest& manifest, const std::string& name) {
    if (!stays_inside(name)) throw BundleError("the manifest names '" + name + "', which is not a path inside the bundle");
    const auto is_it = [&](const FileEntry& file) { return file.name == name; };
    if (std::none_of(manifest.files.begin(), manifest.files.end(), is_it))
        malformed("the graph " + name + " is not among the files with a sha256");
    return name;
}

void check_chain(const std::vector<StageGraph>& stages, const std::vector<int>& cuts) {
    const auto same = [](const StageGraph& stage, int cut) { return stage.cut == cut; };
    if (!std::equal(stages.begin(), stages.end(), cuts.begin(), cuts.end(), same))
        malformed("the stages are not those of the cuts");
    std::set<std::string> given = {"image"};
    for (const StageGraph& stage : stages) {
        for (const std::string& name : stage.inputs)
            if (given.count(name) == 0) malformed("no stage gives '" + name + "', which " + stage.file + " needs");
        given.insert(stage.outputs.begin(), stage.outputs.end());
        const std::string pose = "pose_" + std::to_string(stage.cut);
        if (std::count(stage.outputs.begin(), stage.outputs.end(), pose) != 1) malformed(stage.file + " gives no '" + pose + "'");
    }
}

GraphSet read_graphs(const Json& graphs, const Manifest& manifest) {
    GraphSet set;
    for (const Json& entry : list(graphs, "stages")) {
        const int cut = integer(field(entry, "cut"), "cut", 1, 1000);
        const std::string file = listed(manifest, text(field(entry, "file"), "file"));
        set.stages.push_back({cut, file, texts(entry, "inputs"), texts(entry, "outputs")});
    }
    check_chain(set.stages, manifest.cuts);
    if (const Json& finder = optional_field(graphs, "finder"); !finder.is_null())
        set.finder = listed(manifest, text(finder, "finder"));
    if (const Json& finder = optional_field(graphs, "finer_finder"); !finder.is_null())
        set.finer_finder = listed(manifest, text(finder, "finer_finder"));
    return set;
}

Json parse(const std::string& text) {
    Json root = Json::parse(text, nullptr, false);
    if (root.is_discarded()) throw BundleError("manifest.json is not valid JSON");
    const Json& schema = optional_field(root, "schema");
    if (!schema.is_number_integer() || schema != kSchema)
        throw BundleError("manifest.json has schema " + schema.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40) +
                          "; this version of libsspnet reads schema " + std::to_string(kSchema));
    return root;
}

}  // namespace

Manifest parse_manifest(const std::string& content) {
    const Json root = parse(content);
    Manifest manifest;
    manifest.digest = sha256_hex(content);
    manifest.name = text(field(root, "name"), "name");
    manifest.joint_count = read_joints(root);
    read_frame(root, manifest);
    read_preprocessing(root, manifest);
    read_choices(root, manifest);
    read_files(root, manifest);
    if (const Json& lift = optional_field(root, "lift"); !lift.is_null())
        manifest.lift = listed(manifest, text(field(lift, "file"), "lift.file"));
    for (const std::string& precision : manifest.precisions)
        for (const int size : manifest.sizes)
            manifest.graphs[{precision, size}] =
                read_graphs(field(field(field(root, "graphs"), precision), std::to_string(size)), manifest);
    return manifest;
}

bool stays_inside(const std::string& name) {
    if (name.empty() || name.front() == '/' || name.find_first_of(std::string("\\:\0", 3)) != std::string::npos) return false;
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
    return std::any_of(graphs.begin(), graphs.end(), [](const auto& entry) { return !entry.second.finder.empty(); });
}

double Manifest::error(const std::string& precision, int size, int cut) const {
    const auto all_state = [&](auto member) {
        return std::all_of(accuracy.begin(), accuracy.end(),
                           [&](const auto& entry) { return (entry.second.*member).has_value(); });
    };
    const Accuracy& stated = accuracy.at({{precision, size}, cut});
    if (all_state(&Accuracy::pa_mpjpe_mm)) return *stated.pa_mpjpe_mm;
    if (all_state(&Accuracy::pck)) return 1 - *stated.pck;
    return 1e9 / macs.at({size, cut});
}

}  // namespace sspnet::core
