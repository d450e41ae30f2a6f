#include "draw.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace {

struct Color {
    std::uint8_t red, green, blue;
};

Color side_color(int joint) {
    const std::string name = sspnet_joint_name(joint);
    if (name.rfind("r-", 0) == 0) return {245, 142, 34};
    return name.rfind("l-", 0) == 0 ? Color{50, 170, 235} : Color{235, 230, 225};
}

Picture in_color(const Picture& gray) {
    Picture picture = {gray.width, gray.height, 3, {}};
    for (const std::uint8_t value : gray.pixels) picture.pixels.insert(picture.pixels.end(), 3, value);
    return picture;
}

void dot(Picture& picture, float x, float y, int radius, Color color) {
    const int cx = int(std::floor(x)), cy = int(std::floor(y));
    for (int row = std::max(0, cy - radius); row <= std::min(picture.height - 1, cy + radius); ++row)
        for (int column = std::max(0, cx - radius); column <= std::min(picture.width - 1, cx + radius); ++column) {
            if ((row - cy) * (row - cy) + (column - cx) * (column - cx) > radius * radius) continue;
            std::uint8_t* pixel = &picture.pixels[3 * (std::size_t(row) * std::size_t(picture.width) + std::size_t(column))];
            pixel[0] = color.red, pixel[1] = color.green, pixel[2] = color.blue;
        }
}

}  // namespace

Picture with_skeleton(Picture picture, const sspnet::Pose& pose) {
    if (picture.channels == 1) picture = in_color(picture);
    const int radius = std::max(1, int(std::max(pose.box.w, pose.box.h) / 120));
    for (int joint = 0; joint < pose.joint_count; ++joint) {
        const int own = joint < SSPNET_BODY_JOINTS ? radius : std::max(1, radius / 2);  // face and feet lie close together
        const int parent = std::max(0, sspnet_joint_parent(joint));
        const float *a = pose.keypoints[parent], *b = pose.keypoints[joint];
        const int steps = std::clamp(int(std::hypot(b[0] - a[0], b[1] - a[1])), 1, 4 * (picture.width + picture.height));
        for (int i = 0; i <= steps; ++i) {
            const float t = float(i) / float(steps);
            dot(picture, a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), own, side_color(joint));
        }
        dot(picture, b[0], b[1], 2 * own, side_color(joint));
    }
    return picture;
}
