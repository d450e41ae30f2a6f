// The default bundle's manifest, to be broken in tests.
#pragma once

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>

inline const std::string kDefaultBundle = SSPNET_SOURCE_DIR "/sspnet_sdk/default_bundle";

inline nlohmann::json default_manifest() { return nlohmann::json::parse(std::ifstream(kDefaultBundle + "/manifest.json")); }
