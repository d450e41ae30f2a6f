#include "device.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace sspnet::core {
namespace {

constexpr int kMostThreads = 8;  // networks this small gain nothing from more

int usable_cores() {
    int cores = std::max(1, int(std::thread::hardware_concurrency()));
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
    double quota = 0, period = 0;
    if (std::ifstream("/sys/fs/cgroup/cpu.max") >> quota >> period && period > 0)
        cores = std::min(cores, std::max(1, int(std::lround(quota / period))));
#endif
    return cores;
}

std::string cpu_model() {
    std::ifstream stream("/proc/cpuinfo");
    for (std::string line; std::getline(stream, line);)
        for (const char* label : {"model name", "Hardware", "Model"})
            if (line.rfind(label, 0) == 0) return line.substr(std::min(line.size(), line.find(':') + 1));
    return "unknown";
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::filesystem::path user_cache() {
    if (const std::string named = environment("XDG_CACHE_HOME"); !named.empty()) return named;
#if defined(_WIN32)
    return environment("LOCALAPPDATA");
#else
    const std::string home = environment("HOME");
    if (home.empty()) return {};
#if defined(__APPLE__)
    return std::filesystem::path(home) / "Library" / "Caches";
#else
    return std::filesystem::path(home) / ".cache";
#endif
#endif
}

bool can_be_written(const std::filesystem::path& folder) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    const std::filesystem::path probe = folder / ("." + std::to_string(std::random_device{}()) + ".probe");
    const bool written = bool(std::ofstream(probe) << "sspnet" << std::flush);
    std::filesystem::remove(probe, code);
    return written;
}

}  // namespace

int default_threads() { return std::min(usable_cores(), kMostThreads); }

std::string describe_device() { return cpu_model() + ", " + std::to_string(usable_cores()) + " cores"; }

std::filesystem::path cache_folder(const std::optional<std::string>& wanted) {
    std::filesystem::path folder = wanted ? std::filesystem::u8path(*wanted) : user_cache();
    if (folder.empty()) return folder;
    if (!wanted) folder /= "sspnet-sdk";
    if (can_be_written(folder)) return folder;
    if (wanted) throw OptionError("cache_dir " + *wanted + " cannot be written");
    return {};
}

}  // namespace sspnet::core
