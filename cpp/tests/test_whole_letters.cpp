#include "whole_letters.hpp"

#include <doctest/doctest.h>

#include <string>

using sspnet::core::whole_letters;

TEST_CASE("text that is cut off ends with a whole letter") {
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";  // a é € 😀 z
    const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (std::size_t length = 0; length <= text.size(); ++length)
        CHECK(whole_letters(text.data(), length, text.c_str()[length]) == ends[length]);
}
