#include "options.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>

const char* const kUsage =
    R"(Usage: sspnet-demo [options] BUNDLE PICTURE.ppm
       ffmpeg -i video.mp4 -f rawvideo -pix_fmt bgr24 - | sspnet-demo --raw 640x480 [options] BUNDLE

3D human pose from a picture (binary PPM or PGM: `convert photo.jpg photo.ppm`) or from raw BGR frames on standard input.
Without --box the person is found.

  --box X,Y,W,H     a person's box in pixels; once for each person
  --all             everybody in the picture instead of one person
  --fps RATE        hold so many frames per second: cut and input size follow the load
  --deadline MS     answer each frame within so many milliseconds
  --cut N           run N pyramids
  --size PX         side of the crop that the network sees
  --backend NAME    auto, openvino, onnxruntime
  --device NAME     auto, cpu, gpu, npu, cuda, tensorrt
  --threads N       for the network
  --cache DIR       where measured profiles and compiled models are kept; '' for nowhere
  --repeat N        predict N times, print the last result and the median latency
  --json            one JSON object per person and line, with every number
  --draw OUT.ppm    write the picture with the skeletons over it
  --raw WxH         read raw bgr24 frames of this size from standard input
  --help
)";

namespace {

double number(const std::string& option, const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') throw std::runtime_error(option + " takes a number, not '" + text + "'");
    return value;
}

int whole(const std::string& option, const std::string& text) {
    const double value = number(option, text);
    if (!(value >= -1e9 && value <= 1e9) || value != double(int(value)))
        throw std::runtime_error(option + " takes a whole number, not '" + text + "'");
    return int(value);
}

sspnet::Box box(const std::string& text) {
    sspnet::Box box;
    char more;
    if (std::sscanf(text.c_str(), "%f,%f,%f,%f%c", &box.x, &box.y, &box.w, &box.h, &more) != 4)
        throw std::runtime_error("--box takes four numbers X,Y,W,H, not '" + text + "'");
    return box;
}

void frame_size(const std::string& text, DemoOptions& options) {
    char more;
    if (std::sscanf(text.c_str(), "%dx%d%c", &options.width, &options.height, &more) != 2 || options.width < 8 ||
        options.height < 8 || options.width > 65536 || options.height > 65536)
        throw std::runtime_error("--raw takes a frame's size, such as 640x480, not '" + text + "'");
}

using Take = std::function<void(const std::string& option, const std::string& text)>;

std::map<std::string, Take> options_with_value(DemoOptions& o) {
    return {{"--box", [&](auto&, auto& text) { o.boxes.push_back(box(text)); }},
            {"--fps", [&](auto& option, auto& text) { o.estimator.target_fps = number(option, text); }},
            {"--deadline", [&](auto& option, auto& text) { o.estimator.deadline_ms = number(option, text); }},
            {"--cut", [&](auto& option, auto& text) { o.estimator.cut = whole(option, text); }},
            {"--size", [&](auto& option, auto& text) { o.estimator.input_size = whole(option, text); }},
            {"--threads", [&](auto& option, auto& text) { o.estimator.threads = whole(option, text); }},
            {"--repeat", [&](auto& option, auto& text) { o.repeat = whole(option, text); }},
            {"--backend", [&](auto&, auto& text) { o.estimator.backend = text; }},
            {"--device", [&](auto&, auto& text) { o.estimator.device = text; }},
            {"--cache", [&](auto&, auto& text) { o.estimator.cache_dir = text; }},
            {"--draw", [&](auto&, auto& text) { o.drawing = text; }},
            {"--raw", [&](auto&, auto& text) { frame_size(text, o); }}};
}

}  // namespace

DemoOptions parse_options(int count, char** words) {
    DemoOptions options;
    const std::map<std::string, Take> with_value = options_with_value(options);
    std::vector<std::string> places;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const auto found = with_value.find(word);
        if (word == "--help")
            options.help = true;
        else if (word == "--json")
            options.json = true;
        else if (word == "--all")
            options.all = true;
        else if (word.rfind("--", 0) != 0)
            places.push_back(word);
        else if (found == with_value.end())
            throw std::runtime_error("there is no option " + word + " (see --help)");
        else if (i + 1 == count)
            throw std::runtime_error(word + " takes a value");
        else
            found->second(word, words[++i]);
    }
    if (options.help) return options;
    const bool raw = options.width > 0;
    if (places.size() != (raw ? 1u : 2u))
        throw std::runtime_error(raw ? "name the bundle" : "name a bundle and a picture (see --help)");
    if (raw && options.all) throw std::runtime_error("--all is for a picture: frames follow one person");
    if (options.repeat < 1) throw std::runtime_error("--repeat takes a number from 1");
    options.bundle = places[0];
    if (!raw) options.picture = places[1];
    return options;
}
