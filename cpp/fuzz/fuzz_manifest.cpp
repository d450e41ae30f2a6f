// Any bytes are a manifest or a BundleError; what is accepted keeps what the rest of the library relies on.
#include "error.hpp"
#include "manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace sspnet::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
    try {
        const Manifest manifest = parse_manifest(std::string(reinterpret_cast<const char*>(bytes), count));
        for (const FileEntry& file : manifest.files)
            if (!stays_inside(file.name)) std::abort();
        for (const std::string& precision : manifest.precisions)
            for (const int size : manifest.sizes) {
                if (manifest.graphs.at({precision, size}).stages.size() != manifest.cuts.size()) std::abort();
                for (const int cut : manifest.cuts) manifest.error(precision, size, cut);
            }
    } catch (const BundleError&) {
    }
    return 0;
}
