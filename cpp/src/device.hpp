// What this machine is, as far as timings depend on it, and where it keeps what may be lost.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace sspnet::core {

/// Threads for one network: the cores that this process may use (its affinity and its container's quota), 8 at most.
int default_threads();

/// CPU model and usable cores; timings of another description are not this device's.
std::string describe_device();

/// The folder `wanted`, or `<user cache>/sspnet-sdk`, made if need be; empty where nothing is to be kept ("" wanted, or a user's
/// cache that cannot be written). Throws OptionError where the folder `wanted` cannot be written.
std::filesystem::path cache_folder(const std::optional<std::string>& wanted);

}  // namespace sspnet::core
