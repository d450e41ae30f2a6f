// Text in a room that may be too small for it.
#pragma once

#include <cstddef>

namespace sspnet::core {

/// Of UTF-8 text that is cut off after `length` bytes, before `next`: its length without half a letter at the end.
inline std::size_t whole_letters(const char* text, std::size_t length, char next) {
    const auto goes_on = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; };
    if (!goes_on(next)) return length;
    std::size_t end = length;
    while (end > 0 && length - end < 3 && goes_on(text[end - 1])) --end;
    return end > 0 ? end - 1 : 0;
}

}  // namespace sspnet::core
