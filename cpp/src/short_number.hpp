// Numbers in a message, with a decimal point whatever language the program speaks: a comma would make two numbers of one.
#pragma once

#include <locale>
#include <sstream>
#include <string>

namespace sspnet::core {

/// Without zeros that say nothing.
inline std::string short_number(double value) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << value;
    return text.str();
}

/// With so many digits after the point.
inline std::string rounded(double value, int digits) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(digits);
    text << std::fixed << value;
    return text.str();
}

}  // namespace sspnet::core
