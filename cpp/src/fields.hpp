// Reads one field of a manifest: its type and its range, or a BundleError in one line that names the field.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace sspnet::core {

using Json = nlohmann::json;

[[noreturn]] void malformed(const std::string& what);

/// The field `name` of an object that the manifest calls `of` ("" for itself).
const Json& entry(const Json& object, const std::string& name, const std::string& of = "");

/// The field, or null where it is missing.
const Json& optional_entry(const Json& object, const std::string& name);

const Json& object(const Json& value, const std::string& what);
const Json& list(const Json& value, const std::string& what, std::size_t least, std::size_t most);

/// One line of at most `most` letters, in UTF-8.
std::string text(const Json& value, const std::string& what, std::size_t most = 4000);

double number(const Json& value, const std::string& what, double least, double most);
std::int64_t whole(const Json& value, const std::string& what, std::int64_t least, std::int64_t most);

/// A list of distinct whole numbers; one at least.
std::vector<int> wholes(const Json& value, const std::string& what, int least, int most, std::size_t longest);

}  // namespace sspnet::core
