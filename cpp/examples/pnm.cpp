#include "pnm.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {

constexpr int kLargestSide = 1 << 16;

/// Reads the header's whole numbers; comments run from # to the end of the line.
class Header {
public:
    explicit Header(const std::string& content) : content_(content) {}

    int number(const char* what) {
        skip_blanks();
        int value = 0;
        const std::size_t begin = at_;
        for (; at_ < content_.size() && std::isdigit(static_cast<unsigned char>(content_[at_])) && value <= kLargestSide; ++at_)
            value = 10 * value + (content_[at_] - '0');
        if (at_ == begin || value < 1 || value > kLargestSide)
            throw std::runtime_error(std::string("the picture's ") + what + " is not from 1 to 65536");
        return value;
    }

    /// Where the pixels begin: one blank after the last number.
    std::size_t end() const {
        if (at_ >= content_.size() || !std::isspace(static_cast<unsigned char>(content_[at_])))
            throw std::runtime_error("the picture's header is not complete");
        return at_ + 1;
    }

private:
    void skip_blanks() {
        while (at_ < content_.size() && (std::isspace(static_cast<unsigned char>(content_[at_])) || content_[at_] == '#')) {
            if (content_[at_] == '#')
                at_ = std::min(content_.find('\n', at_), content_.size());
            else
                ++at_;
        }
    }

    const std::string& content_;
    std::size_t at_ = 2;
};

}  // namespace

Picture parse_pnm(const std::string& content) {
    const std::string kind = content.substr(0, 2);
    if (kind != "P5" && kind != "P6")
        throw std::runtime_error("not a binary PGM or PPM picture: make one by `convert photo.jpg photo.ppm`");
    Picture picture;
    picture.channels = kind == "P6" ? 3 : 1;
    Header header(content);
    picture.width = header.number("width");
    picture.height = header.number("height");
    if (header.number("largest value") != 255)
        throw std::runtime_error("only pictures of 8 bits (largest value 255) can be read");
    const std::size_t begin = header.end();
    const std::size_t bytes = std::size_t(picture.width) * std::size_t(picture.height) * std::size_t(picture.channels);
    if (content.size() - begin < bytes) throw std::runtime_error("the picture is cut off");
    picture.pixels.assign(content.begin() + std::ptrdiff_t(begin), content.begin() + std::ptrdiff_t(begin + bytes));
    return picture;
}

Picture read_pnm(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(stream)), {});
    if (!stream) throw std::runtime_error("cannot read " + path);
    try {
        return parse_pnm(content);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(path + ": " + error.what());
    }
}

void write_ppm(const std::string& path, const Picture& picture) {
    std::ofstream stream(path, std::ios::binary);
    stream << "P6\n" << picture.width << ' ' << picture.height << "\n255\n";
    stream.write(reinterpret_cast<const char*>(picture.pixels.data()), std::streamsize(picture.pixels.size()));
    if (!stream.flush()) throw std::runtime_error("cannot write " + path);
}
