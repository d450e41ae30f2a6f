// Any bytes are a picture of as many pixels as it says, or a runtime_error.
#include "pnm.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
    try {
        const Picture picture = parse_pnm(std::string(reinterpret_cast<const char*>(bytes), count));
        if (picture.pixels.size() != std::size_t(picture.width) * std::size_t(picture.height) * std::size_t(picture.channels))
            std::abort();
    } catch (const std::runtime_error&) {
    }
    return 0;
}
