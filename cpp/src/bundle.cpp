#include "bundle.hpp"

#include "error.hpp"
#include "sha256.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace sspnet::core {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kManifestLimit = 8u << 20;

std::string read_manifest(const fs::path& folder) {
    std::error_code code;
    if (!fs::is_directory(folder, code))
        throw BundleError(folder.u8string() +
                          " is not a bundle: " + (fs::exists(folder, code) ? "not a folder" : "no such folder"));
    const fs::path path = folder / "manifest.json";
    if (!fs::exists(path, code)) throw BundleError(folder.u8string() + " is not a bundle: it holds no manifest.json");
    const std::uintmax_t size = fs::file_size(path, code);
    if (code) throw BundleError("cannot read " + path.u8string() + ": " + code.message());
    if (size > kManifestLimit) throw BundleError(path.u8string() + " is larger than any manifest");
    std::ifstream stream(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    if (!stream) throw BundleError("cannot read " + path.u8string());
    return text;
}

/// Whether `path`, with every link in it followed, lies in `folder`.
bool lies_in(const fs::path& path, const fs::path& folder) {
    const fs::path real = fs::weakly_canonical(path), root = fs::weakly_canonical(folder);
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

void check_file(const Bundle& bundle, const FileEntry& entry) {
    const fs::path path = bundle.file(entry.name);
    if (!lies_in(path, bundle.folder))
        throw BundleError("the bundle's file " + entry.name + " is a link that leaves the bundle " + bundle.folder.u8string());
    std::ifstream stream(path, std::ios::binary);
    if (!stream || !fs::is_regular_file(path)) throw BundleError("the bundle's file " + entry.name + " cannot be read");
    Sha256 hash;
    std::uint64_t bytes = 0;
    std::vector<char> part(1 << 16);
    while (stream.read(part.data(), static_cast<std::streamsize>(part.size())), stream.gcount() > 0) {
        hash.update(part.data(), static_cast<std::size_t>(stream.gcount()));
        bytes += static_cast<std::uint64_t>(stream.gcount());
    }
    if (bytes != entry.bytes || hash.hex() != entry.sha256)
        throw BundleError("the bundle's file " + entry.name + " in " + bundle.folder.u8string() +
                          " is damaged or was changed: its sha256 is not the manifest's");
}

}  // namespace

Bundle open_bundle(const std::string& folder) {
    Bundle bundle;
    bundle.folder = fs::u8path(folder);
    try {
        bundle.manifest = parse_manifest(read_manifest(bundle.folder));
        for (const FileEntry& entry : bundle.manifest.files) check_file(bundle, entry);
    } catch (const fs::filesystem_error& error) {
        throw BundleError("cannot read the bundle " + folder + ": " + error.code().message());
    } catch (const BundleError& error) {
        const std::string message = error.what();
        throw BundleError(message.rfind("manifest.json", 0) == 0 ? (bundle.folder / message).u8string() : message);
    }
    return bundle;
}

}  // namespace sspnet::core
