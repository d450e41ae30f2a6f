#include "rows.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace sspnet::core;

namespace {

std::mt19937 numbers(1);

std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> values(count);
    for (std::uint8_t& value : values) value = std::uint8_t(numbers());
    return values;
}

}  // namespace

TEST_CASE("halved rows are quarters of the sums, rounded half up, whoever computes them") {
    for (const int channels : {1, 3, 4})
        for (int width = 1; width < 40; ++width) {
            const std::vector<std::uint8_t> upper = bytes(std::size_t(2 * width * channels)), lower = bytes(upper.size());
            for (const RowKernels& rows : {plain_rows(), fastest_rows()}) {
                std::vector<std::uint8_t> scratch(upper.size() + kSpareBytes), out(std::size_t(width * channels) + kSpareBytes);
                const std::size_t ahead = width % 2 == 0 ? 0 : 1;
                rows.halve(upper.data(), lower.data(), width, channels, ahead, scratch.data(), out.data());
                for (int i = 0; i < width * channels; ++i) {
                    const int a = i / channels * 2 * channels + i % channels, b = a + channels;
                    CHECK(out[std::size_t(i)] == (upper[a] + upper[b] + lower[a] + lower[b] + 2) / 4);
                }
            }
        }
}

TEST_CASE("blended rows are the same to the last bit, whoever computes them") {
    for (int values = 1; values < 40; ++values) {
        const std::vector<std::uint8_t> upper = bytes(std::size_t(values)), lower = bytes(std::size_t(values));
        std::vector<float> plain(upper.size()), fastest(upper.size());
        plain_rows().blend(upper.data(), lower.data(), 0.3f, values, plain.data());
        fastest_rows().blend(upper.data(), lower.data(), 0.3f, values, fastest.data());
        CHECK(plain == fastest);
    }
}

TEST_CASE("resampled rows are the same to the last bit, whoever computes them, and nothing past them is written") {
    const ChannelOrder orders[] = {{1, 0, 0, 0}, {3, 0, 1, 2}, {3, 2, 1, 0}, {4, 2, 1, 0}};
    for (const ChannelOrder& order : orders)
        for (int width = 1; width < 20; ++width) {
            const std::vector<std::uint8_t> values = bytes(std::size_t(50 * order.channels));
            const std::vector<float> row(values.begin(), values.end());
            std::vector<Tap> taps;
            for (int i = 0; i < width; ++i) taps.push_back({int(numbers() % 44), float(numbers() % 1000) / 1000});
            std::vector<std::uint8_t> plain(3 * std::size_t(width) + 1, 7), fastest = plain;
            plain_rows().resample(row.data(), taps, order, plain.data());
            fastest_rows().resample(row.data(), taps, order, fastest.data());
            CHECK(plain == fastest);
            CHECK(fastest.back() == 7);
        }
}
