#include "profile.hpp"

#include "sha256.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <random>

namespace sspnet::core {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Per size: all of the cuts in one go.
constexpr double kMilliseconds = 250;
constexpr std::size_t kFewestRuns = 8, kMostRuns = 40;

void repeat(const InTurn& in_turn, const std::function<void()>& run) {
    const Clock::time_point begin = Clock::now();
    for (std::size_t runs = 0; runs < kFewestRuns || (ms_between(begin, Clock::now()) < kMilliseconds && runs < kMostRuns);
         ++runs)
        in_turn(run);
}

bool is_timing(double value) { return value > 0 && value < 1e6; }

Timings checked(const Json& entry, std::size_t cuts) {
    Timings timings = {entry.at("p50_ms").get<std::vector<double>>(), entry.at("p95_ms").get<std::vector<double>>(),
                       entry.at("finder_ms").get<double>()};
    for (const auto* values : {&timings.p50_ms, &timings.p95_ms})
        if (values->size() != cuts || !std::all_of(values->begin(), values->end(), is_timing))
            throw std::out_of_range("values that are no timings");
    if (timings.finder_ms != 0 && !is_timing(timings.finder_ms)) throw std::out_of_range("a finder's time that is none");
    return timings;
}

}  // namespace

Profile::Profile(fs::path folder, std::string key, std::size_t cuts) : key_(std::move(key)), cuts_(cuts) {
    if (folder.empty()) return;
    path_ = folder / "libsspnet" / (sha256_hex(key_).substr(0, 24) + ".json");
    read();
}

void Profile::add(int size, Timings timings) {
    timings_[size] = std::move(timings);
    if (!path_.empty()) write();
}

void Profile::read() {
    try {
        std::ifstream stream(path_);
        if (!stream) return;
        const Json kept = Json::parse(stream);
        if (kept.at("key") != key_) return;
        for (const auto& [size, entry] : kept.at("timings").items()) timings_[std::stoi(size)] = checked(entry, cuts_);
    } catch (const std::exception&) {  // a file that cannot be used is as good as none: measure anew
        timings_.clear();
    }
}

void Profile::write() const {
    Json kept = {{"key", key_}, {"timings", Json::object()}};
    for (const auto& [size, timings] : timings_)
        kept["timings"][std::to_string(size)] = {
            {"p50_ms", timings.p50_ms}, {"p95_ms", timings.p95_ms}, {"finder_ms", timings.finder_ms}};
    std::error_code code;
    fs::create_directories(path_.parent_path(), code);
    const fs::path staging = path_.string() + "." + std::to_string(std::random_device{}()) + ".tmp";
    bool complete = false;
    {
        std::ofstream stream(staging);
        stream << kept.dump(1, ' ', true, Json::error_handler_t::replace);
        complete = bool(stream.flush());
    }
    if (complete) fs::rename(staging, path_, code);
    if (!complete || code) fs::remove(staging, code);  // what cannot be kept is measured again next time
}

Timings measure(StageChain& chain, Chain* finder, int deepest_cut, const InTurn& in_turn) {
    std::vector<std::vector<double>> by_cut;
    repeat(in_turn, [&] {
        chain.run(deepest_cut);
        double sum = 0;
        by_cut.resize(chain.stage_ms().size());
        for (std::size_t i = 0; i < by_cut.size(); ++i) by_cut[i].push_back(sum += chain.stage_ms()[i]);
    });
    Timings timings;
    for (const std::vector<double>& values : by_cut) {
        timings.p50_ms.push_back(quantile(values, 0.5));
        timings.p95_ms.push_back(quantile(values, 0.95));
    }
    if (finder == nullptr) return timings;
    std::vector<double> finder_ms;
    repeat(in_turn, [&] {
        const Clock::time_point begin = Clock::now();
        finder->run(0);
        finder_ms.push_back(ms_between(begin, Clock::now()));
    });
    timings.finder_ms = quantile(finder_ms, 0.5);
    return timings;
}

double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    const double at = share * double(values.size() - 1);
    const auto below = std::size_t(at), above = std::min(below + 1, values.size() - 1);
    return values[below] + (values[above] - values[below]) * (at - double(below));
}

}  // namespace sspnet::core
