#include "compiled_cache.hpp"

#include "sha256.hpp"

#include <iterator>
#include <random>
#include <system_error>
#include <vector>

namespace sspnet::core {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigest = 64;  // hexadecimal digits at the beginning of a file

std::string digest_of_rest(std::ifstream& stream) {
    Sha256 digest;
    std::vector<char> block(1 << 16);
    while (stream.read(block.data(), std::streamsize(block.size())), stream.gcount() > 0)
        digest.update(block.data(), std::size_t(stream.gcount()));
    return digest.hex();
}

}  // namespace

CompiledCache::CompiledCache(const fs::path& folder, const fs::path& graph, const std::string& settings) {
    if (folder.empty()) return;
    std::ifstream stream(graph.parent_path() / "manifest.json", std::ios::binary);
    if (!stream) return;  // a graph in a folder of its own: what it depends on is not known here
    const std::string manifest((std::istreambuf_iterator<char>(stream)), {});
    const std::string key = sha256_hex(settings + "|" + graph.filename().u8string() + "|" + manifest);
    path_ = folder / (key.substr(0, 32) + ".compiled");
}

std::optional<std::ifstream> CompiledCache::read() const {
    std::ifstream stream(path_, std::ios::binary);
    std::string digest(kDigest, '\0');
    if (!stream.read(digest.data(), kDigest) || digest_of_rest(stream) != digest) return std::nullopt;
    stream.clear();
    stream.seekg(kDigest);
    return stream;
}

void CompiledCache::write(const std::string& compiled) const {
    std::error_code code;
    fs::create_directories(path_.parent_path(), code);
    fs::path staging = path_;
    staging += "." + std::to_string(std::random_device{}()) + ".part";
    bool complete = false;
    {
        std::ofstream stream(staging, std::ios::binary);
        stream << sha256_hex(compiled) << compiled;
        complete = bool(stream.flush());
    }
    if (complete) fs::rename(staging, path_, code);
    if (!complete || code) fs::remove(staging, code);
}

}  // namespace sspnet::core
