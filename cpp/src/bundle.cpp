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
    if (!fs::is_regular_file(path, code)) throw BundleError(path.u8string() + " is not a regular file");  // a pipe would wait
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
    const std::string what = "the bundle's file " + entry.name;
    std::error_code code;
    static_cast<void>(fs::weakly_canonical(path, code));
    if (code) throw BundleError(what + " cannot be read: " + code.message());  // a loop of links
    if (!lies_in(path, bundle.folder)) throw BundleError(what + " is a link that leaves the bundle " + bundle.folder.u8string());
    if (!fs::exists(path, code)) throw BundleError(what + " cannot be read: there is none");
    if (!fs::is_regular_file(path, code)) throw BundleError(what + " is not a regular file");
    const std::string damaged = what + " in " + bundle.folder.u8string() + " is damaged or was changed: its ";
    if (fs::file_size(path, code) != entry.bytes) throw BundleError(damaged + "size is not the manifest's");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw BundleError(what + " cannot be read");
    Sha256 hash;
    std::uint64_t bytes = 0;
    std::vector<char> part(1 << 16);
    while (stream.read(part.data(), static_cast<std::streamsize>(part.size())), stream.gcount() > 0) {
        hash.update(part.data(), static_cast<std::size_t>(stream.gcount()));
        bytes += static_cast<std::uint64_t>(stream.gcount());
    }
    if (bytes != entry.bytes || hash.hex() != entry.sha256) throw BundleError(damaged + "sha256 is not the manifest's");
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
