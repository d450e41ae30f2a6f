#include "fields.hpp"

#include "error.hpp"
#include "short_number.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

[[noreturn]] void wrong(const std::string& what, const std::string& wanted) { malformed("'" + what + "' must be " + wanted); }

}  // namespace

void malformed(const std::string& what) { throw BundleError("manifest.json is malformed: " + what); }

const Json& entry(const Json& value, const std::string& name, const std::string& of) {
    object(value, of.empty() ? "the manifest" : of);
    const auto found = value.find(name);
    if (found == value.end()) throw BundleError("manifest.json lacks '" + (of.empty() ? name : of + "." + name) + "'");
    return *found;
}

const Json& optional_entry(const Json& value, const std::string& name) {
    static const Json nothing;
    if (!value.is_object()) return nothing;
    const auto found = value.find(name);
    return found == value.end() ? nothing : *found;
}

const Json& object(const Json& value, const std::string& what) {
    if (!value.is_object()) wrong(what, "an object");
    return value;
}

const Json& list(const Json& value, const std::string& what, std::size_t least, std::size_t most) {
    if (!value.is_array() || value.size() < least || value.size() > most)
        wrong(what, "a list of " + std::to_string(least) + " to " + std::to_string(most));
    return value;
}

std::string text(const Json& value, const std::string& what, std::size_t most) {
    const auto is_control = [](char letter) { return static_cast<unsigned char>(letter) < 32; };
    if (!value.is_string()) wrong(what, "a line");
    std::string line = value.get<std::string>();
    const auto begins_a_letter = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };  // of UTF-8
    const auto letters = std::size_t(std::count_if(line.begin(), line.end(), begins_a_letter));
    if (letters > most || std::any_of(line.begin(), line.end(), is_control)) wrong(what, "a line, not too long");
    return line;
}

double number(const Json& value, const std::string& what, double least, double most) {
    if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most))
        wrong(what, "a number from " + short_number(least) + " to " + short_number(most));
    return value.get<double>();
}

std::int64_t whole(const Json& value, const std::string& what, std::int64_t least, std::int64_t most) {
    const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                                 : value.is_number_integer() && value.get<std::int64_t>() <= most;
    if (!fits || value.get<std::int64_t>() < least)
        wrong(what, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value.get<std::int64_t>();
}

std::vector<int> wholes(const Json& value, const std::string& what, int least, int most, std::size_t longest) {
    std::vector<int> numbers;
    for (const Json& one : list(value, what, 1, longest)) numbers.push_back(int(whole(one, what, least, most)));
    std::vector<int> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) wrong(what, "a list of distinct numbers");
    return numbers;
}

}  // namespace sspnet::core
