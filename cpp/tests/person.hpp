// The default bundle and a photograph's worth of pixels for tests of a whole estimator.
#pragma once

#include <sspnet/sspnet.hpp>

#include <vector>

inline const std::string kDefaultBundle = SSPNET_SOURCE_DIR "/sspnet_sdk/default_bundle";

/// Options that keep nothing on the disk and use one thread.
inline sspnet::Options quiet_options() {
    sspnet::Options options;
    options.cache_dir = "";
    options.threads = 1;
    return options;
}

/// 320x240 BGR: a smooth pattern with nobody in it.
class Scene {
public:
    Scene() : pixels_(3 * 320 * 240) {
        for (std::size_t i = 0; i < pixels_.size(); ++i) pixels_[i] = std::uint8_t(96 + (i / 3 % 320) / 4 + (i / 960) / 6);
    }
    sspnet::Image image() const { return {pixels_.data(), 320, 240, 0, SSPNET_BGR}; }

private:
    std::vector<std::uint8_t> pixels_;
};

inline const sspnet::Box kBox = {100, 40, 80, 160};
