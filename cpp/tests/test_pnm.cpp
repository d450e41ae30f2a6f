#include "pnm.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

TEST_CASE("a picture is read with comments and any blanks in its header") {
    const Picture picture = parse_pnm("P6 # made by hand\n2\t1 # two pixels\n255\nabcdef");
    CHECK(picture.width == 2);
    CHECK(picture.height == 1);
    CHECK(picture.channels == 3);
    CHECK(std::string(picture.pixels.begin(), picture.pixels.end()) == "abcdef");
    CHECK(parse_pnm("P5 1 2 255\nxy").channels == 1);
}

TEST_CASE("a picture that is cut off, too deep, too large or none is refused") {
    for (const char* content : {"", "P", "P3 1 1 255\n1 2 3", "P6 2 1 255\nabcde", "P6 1 1 65535\nabcdef", "P6 0 1 255\n",
                                "P6 99999999999 1 255\n", "P6 1", "P6 1 1 255", "P6 #", "GIF89a", "P6 -1 1 255\nabc"})
        CHECK_THROWS_AS(parse_pnm(content), std::runtime_error);
}
