#include "rows.hpp"

#if defined(__GNUC__) && defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#define SSPNET_AVX2 __attribute__((target("avx2")))

namespace sspnet::core {
namespace {

constexpr int kThree = 3;  // channels of most images: six pixels of 18 bytes each become three, in each half of a vector

SSPNET_AVX2 inline __m256i two_halves(const std::uint8_t* from) {
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 6 * kThree));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

/// A quarter of the sum, rounded half up: the average of averages, less one where those rounded up too much.
SSPNET_AVX2 inline __m256i mean(__m256i a, __m256i b, __m256i c, __m256i d) {
    const __m256i ab = _mm256_avg_epu8(a, b), cd = _mm256_avg_epu8(c, d);
    const __m256i odd = _mm256_or_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
    const __m256i too_much = _mm256_and_si256(_mm256_and_si256(odd, _mm256_xor_si256(ab, cd)), _mm256_set1_epi8(1));
    return _mm256_sub_epi8(_mm256_avg_epu8(ab, cd), too_much);
}

SSPNET_AVX2 void halve(const std::uint8_t* upper, const std::uint8_t* lower, int width, int channels, std::size_t ahead,
                       std::uint8_t* scratch, std::uint8_t* out) {
    int x = 0;
    if (channels == kThree) {
        const __m256i evens = _mm256_setr_epi8(0, 1, 2, 6, 7, 8, 12, 13, 14, -1, -1, -1, -1, -1, -1, -1,  //
                                               0, 1, 2, 6, 7, 8, 12, 13, 14, -1, -1, -1, -1, -1, -1, -1);
        for (; x + 7 <= width; x += 6) {  // 37 bytes of each row are read, 36 of them used
            const std::uint8_t *above = upper + 2 * kThree * x, *below = lower + 2 * kThree * x;
            if (ahead > 0) will_read(above + ahead), will_read(below + ahead);
            const __m256i means =
                mean(two_halves(above), two_halves(above + kThree), two_halves(below), two_halves(below + kThree));
            const __m256i kept = _mm256_shuffle_epi8(means, evens);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out + kThree * x), _mm256_castsi256_si128(kept));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out + kThree * (x + 3)), _mm256_extracti128_si256(kept, 1));
        }
    }
    if (x < width)
        plain_rows().halve(upper + 2 * channels * x, lower + 2 * channels * x, width - x, channels, ahead, scratch,
                           out + channels * x);
}

SSPNET_AVX2 void blend(const std::uint8_t* upper, const std::uint8_t* lower, float weight, int values, float* out) {
    const __m256 share = _mm256_set1_ps(weight);
    int i = 0;
    for (; i + 8 <= values; i += 8) {
        const __m256i above = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(upper + i)));
        const __m256i below = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(lower + i)));
        const __m256 step = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(below, above)), share);
        _mm256_storeu_ps(out + i, _mm256_add_ps(_mm256_cvtepi32_ps(above), step));
    }
    if (i < values) plain_rows().blend(upper + i, lower + i, weight, values - i, out + i);
}

SSPNET_AVX2 inline __m256 two_pixels(const float* first, const float* second) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(first)), _mm_loadu_ps(second), 1);
}

SSPNET_AVX2 void resample(const float* row, const std::vector<Tap>& columns, const ChannelOrder& order, std::uint8_t* out) {
    const int red = 4 * order.red, green = 4 * order.green, blue = 4 * order.blue, channels = order.channels;
    const __m128i of_pixel =
        _mm_setr_epi8(char(red), char(green), char(blue), -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256i in_order = _mm256_broadcastsi128_si256(of_pixel);
    const Tap *tap = columns.data(), *const end = tap + columns.size();
    for (; end - tap > 2; tap += 2, out += 6) {  // each pixel's fourth byte is overwritten by the next
        const float *first = row + tap[0].first * channels, *second = row + tap[1].first * channels;
        const __m256 left = two_pixels(first, second), right = two_pixels(first + channels, second + channels);
        const __m256 weight = _mm256_insertf128_ps(_mm256_set1_ps(tap[0].weight), _mm_set1_ps(tap[1].weight), 1);
        const __m256 value =
            _mm256_add_ps(_mm256_add_ps(left, _mm256_mul_ps(_mm256_sub_ps(right, left), weight)), _mm256_set1_ps(0.5f));
        const __m256i bytes = _mm256_shuffle_epi8(_mm256_cvttps_epi32(value), in_order);
        const int pixels[2] = {_mm256_extract_epi32(bytes, 0), _mm256_extract_epi32(bytes, 4)};
        std::memcpy(out, &pixels[0], 4);
        std::memcpy(out + 3, &pixels[1], 4);
    }
    for (; tap < end; ++tap, out += 3) {
        const float *left = row + tap->first * channels, *right = left + channels;
        const int places[3] = {order.red, order.green, order.blue};
        for (int c = 0; c < 3; ++c)
            out[c] = std::uint8_t(int(left[places[c]] + (right[places[c]] - left[places[c]]) * tap->weight + 0.5f));
    }
}

}  // namespace

RowKernels fastest_rows() { return __builtin_cpu_supports("avx2") ? RowKernels{halve, blend, resample} : plain_rows(); }

}  // namespace sspnet::core

#else

namespace sspnet::core {

RowKernels fastest_rows() { return plain_rows(); }

}  // namespace sspnet::core

#endif
