// sspnet-demo: a picture or a stream of frames in, poses out. Everything it knows about the library is in sspnet.hpp.
#include "draw.hpp"
#include "options.hpp"
#include "pnm.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

void print_list(const char* name, const float* values, int rows, int columns) {
    std::printf("\"%s\": [", name);
    for (int row = 0; row < rows; ++row) {
        std::printf(row == 0 ? "" : ", ");
        if (columns > 1) std::printf("[");
        for (int i = 0; i < columns; ++i) std::printf(i == 0 ? "%.9g" : ", %.9g", values[row * columns + i]);
        if (columns > 1) std::printf("]");
    }
    std::printf("], ");
}

void print_json(const sspnet::Pose& pose) {
    std::printf("{");
    print_list("keypoints", pose.keypoints[0], pose.joint_count, 2);
    print_list("joints3d", pose.joints3d[0], pose.joint_count, 3);
    print_list("confidence", pose.confidence, pose.joint_count, 1);
    print_list("box", &pose.box.x, 4, 1);
    std::printf("\"cut\": %d, \"input_size\": %d, \"latency_ms\": %.3f, \"network_ms\": %.3f, \"unsure\": %s}\n", pose.cut,
                pose.input_size, pose.latency_ms, pose.network_ms, pose.unsure ? "true" : "false");
}

void print_table(const sspnet::Pose& pose) {
    std::printf("cut %d at %d px, %.1f ms (%.1f ms of it in the network)%s\n", pose.cut, pose.input_size, pose.latency_ms,
                pose.network_ms, pose.unsure ? ", unsure" : "");
    std::printf("%-12s %8s %8s   %7s %7s %7s   %s\n", "joint", "x px", "y px", "x mm", "y mm", "z mm", "confidence");
    for (int j = 0; j < pose.joint_count; ++j)
        std::printf("%-12s %8.1f %8.1f   %7.0f %7.0f %7.0f   %.2f\n", sspnet_joint_name(j), pose.keypoints[j][0],
                    pose.keypoints[j][1], pose.joints3d[j][0], pose.joints3d[j][1], pose.joints3d[j][2], pose.confidence[j]);
}

void print(const DemoOptions& options, const sspnet::Pose& pose) { (options.json ? print_json : print_table)(pose); }

std::vector<sspnet::Pose> predict(sspnet::Estimator& estimator, const sspnet::Image& image, const DemoOptions& options) {
    const std::vector<sspnet::Box>& boxes = options.boxes;
    if (options.all) return estimator.predict_all(image);
    if (boxes.size() > 1) return estimator.predict_many(image, boxes);
    return {boxes.empty() ? estimator.predict(image) : estimator.predict(image, boxes[0])};
}

void run_picture(const DemoOptions& options, sspnet::Estimator& estimator) {
    Picture picture = read_pnm(options.picture);
    const sspnet::Image image = {picture.pixels.data(), picture.width, picture.height, 0,
                                 picture.channels == 3 ? SSPNET_RGB : SSPNET_GRAY};
    std::vector<sspnet::Pose> poses;
    std::vector<double> latencies;
    for (int i = 0; i < options.repeat; ++i) {
        poses = predict(estimator, image, options);
        latencies.push_back(poses.empty() ? 0 : poses.back().latency_ms);
    }
    std::sort(latencies.begin(), latencies.end());
    if (options.repeat > 1)
        std::fprintf(stderr, "median latency of %d runs: %.2f ms\n", options.repeat, latencies[latencies.size() / 2]);
    for (const sspnet::Pose& pose : poses) print(options, pose);
    if (options.drawing.empty()) return;
    for (const sspnet::Pose& pose : poses) picture = with_skeleton(std::move(picture), pose);
    write_ppm(options.drawing, picture);
}

/// The next frame's box: around the joints, with some room to move.
sspnet::Box around(const sspnet::Pose& pose) {
    float low[2] = {1e9f, 1e9f}, high[2] = {-1e9f, -1e9f};
    for (int j = 0; j < SSPNET_BODY_JOINTS; ++j)
        for (int axis = 0; axis < 2; ++axis)
            low[axis] = std::min(low[axis], pose.keypoints[j][axis]), high[axis] = std::max(high[axis], pose.keypoints[j][axis]);
    const float margin = 0.1f * std::max(high[0] - low[0], high[1] - low[1]);
    return {low[0] - margin, low[1] - margin, high[0] - low[0] + 2 * margin, high[1] - low[1] + 2 * margin};
}

/// Follows one person: found in the first frame and whenever the pose is unsure, else near where the frame before saw them.
void run_stream(const DemoOptions& options, sspnet::Estimator& estimator) {
    std::vector<std::uint8_t> frame(3 * std::size_t(options.width) * std::size_t(options.height));
    const sspnet::Image image = {frame.data(), options.width, options.height, 0, SSPNET_BGR};
    std::optional<sspnet::Box> box;
    std::vector<sspnet::Pose> before;
    if (!options.boxes.empty()) box = options.boxes[0];
    std::size_t bytes = 0;
    while ((bytes = std::fread(frame.data(), 1, frame.size(), stdin)) == frame.size()) {
        const sspnet::Pose pose = box ? estimator.predict_many(image, {*box}, before).front() : estimator.predict(image);
        print(options, pose);
        std::fflush(stdout);
        before = {pose};
        box = pose.unsure ? std::nullopt : std::optional<sspnet::Box>(around(pose));
    }
    if (bytes > 0) throw std::runtime_error("standard input ended within a frame: do its frames have the size that --raw says?");
}

}  // namespace

int main(int count, char** words) {
    try {
        DemoOptions options = parse_options(count, words);
        if (options.help) return std::fputs(kUsage, stdout) < 0;
        options.estimator.log = [](const std::string& line) { std::fprintf(stderr, "sspnet-demo: %s\n", line.c_str()); };
        sspnet::Estimator estimator(options.bundle, options.estimator);
        options.width > 0 ? run_stream(options, estimator) : run_picture(options, estimator);
        return 0;
    } catch (const sspnet::Error& error) {
        std::fprintf(stderr, "sspnet-demo: %s\n", error.what());
        return error.status();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "sspnet-demo: %s\n", error.what());
        return 2;
    }
}
