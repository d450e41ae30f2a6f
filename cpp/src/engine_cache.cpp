#include "engine_cache.hpp"

#include "error.hpp"
#include "sha256.hpp"

#include <fstream>
#include <vector>

namespace sspnet::core {
namespace {

void add(Sha256& digest, const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw BundleError("cannot read " + path.u8string());
    std::vector<char> block(1 << 16);
    while (file.read(block.data(), std::streamsize(block.size())), file.gcount() > 0)
        digest.update(block.data(), std::size_t(file.gcount()));
}

}  // namespace

std::filesystem::path tensorrt_folder(const std::filesystem::path& cache, const std::filesystem::path& model) {
    if (cache.empty()) return {};
    Sha256 digest;
    add(digest, model);
    const std::filesystem::path weights = model.parent_path() / "weights.bin";
    if (std::filesystem::exists(weights)) add(digest, weights);
    return cache / "tensorrt" / digest.hex().substr(0, 16);
}

}  // namespace sspnet::core
