// The table of manifests that Python and the browser replay too: what opens, and what is refused in which words.
#include "error.hpp"
#include "manifest.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <fstream>

using namespace sspnet::core;
using nlohmann::json;

namespace {

std::string changed(json manifest, const json& change) {
    if (change.contains("raw")) return change["raw"].get<std::string>();
    if (change.contains("text")) {
        const std::string old = change["text"][0].get<std::string>(), text = manifest.dump();
        return std::string(text).replace(text.find(old), old.size(), change["text"][1].get<std::string>());
    }
    const json& path = change[change.contains("put") ? "put" : "delete"];
    json* at = &manifest;
    for (std::size_t i = 0; i + 1 < path.size(); ++i)
        at = path[i].is_string() ? &(*at)[path[i].get<std::string>()] : &(*at)[path[i].get<std::size_t>()];
    const json& last = path.back();
    if (change.contains("delete"))
        at->erase(last.get<std::string>());
    else if (last.is_string())
        (*at)[last.get<std::string>()] = change["value"];
    else
        (*at)[last.get<std::size_t>()] = change["value"];
    return manifest.dump();
}

std::string complaint(const std::string& text) {
    try {
        parse_manifest(text);
        return "";
    } catch (const BundleError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("every manifest of the table opens, or is refused in its words") {
    const json table = json::parse(std::ifstream(SSPNET_SOURCE_DIR "/tests/bundle_cases.json"));
    REQUIRE(table["cases"].size() > 600);
    for (const json& change : table["cases"]) {
        const std::string said = complaint(changed(table["manifest"], change)), words = change["says"].get<std::string>();
        INFO(change.dump().substr(0, 200));
        INFO(said);
        CHECK((words.empty() ? said.empty() : said.find(words) != std::string::npos));
        CHECK(said.find('\n') == std::string::npos);
    }
}
