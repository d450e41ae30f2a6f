// A number in a message, without zeros that say nothing.
#pragma once

#include <cstdio>
#include <string>

namespace sspnet::core {

inline std::string short_number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

}  // namespace sspnet::core
