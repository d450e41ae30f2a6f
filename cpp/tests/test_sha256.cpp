#include "sha256.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

TEST_CASE("sha256 agrees with the standard's examples") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256_hex(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 does not depend on how the bytes come") {
    const std::string text(300, 'x');
    Sha256 in_parts;
    for (std::size_t at = 0; at < text.size(); at += 7)
        in_parts.update(text.data() + at, std::min<std::size_t>(7, text.size() - at));
    CHECK(in_parts.hex() == sha256_hex(text));
}
