#include "person.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

namespace {

bool is_sound(const sspnet::Pose& pose) {
    bool sound = pose.joints3d[0][0] == 0 && pose.joints3d[0][1] == 0 && pose.joints3d[0][2] == 0;
    for (int j = 0; j < pose.joint_count; ++j) {
        sound = sound && pose.confidence[j] >= 0 && pose.confidence[j] <= 1;
        for (const float value : pose.keypoints[j]) sound = sound && std::isfinite(value) && value > -200 && value < 600;
        for (const float value : pose.joints3d[j]) sound = sound && std::isfinite(value) && std::abs(value) < 5000;
    }
    for (int j = pose.joint_count; j < SSPNET_JOINTS; ++j) sound = sound && pose.confidence[j] == 0;
    return sound;
}

sspnet_status status_of(const std::function<void()>& call) {
    try {
        call();
        return SSPNET_OK;
    } catch (const sspnet::Error& error) {
        return error.status();
    }
}

}  // namespace

TEST_CASE("a pose is in the image's pixels, in millimetres, and says what it came from") {
    const Scene scene;
    sspnet::Estimator estimator(kDefaultBundle, quiet_options());
    const sspnet::Info info = estimator.describe();
    const sspnet::Pose pose = estimator.predict(scene.image(), kBox);
    CHECK(is_sound(pose));
    CHECK(pose.joint_count == info.joint_count);
    CHECK(pose.cut == info.cuts[info.cut_count - 1]);
    CHECK(pose.input_size == info.sizes[info.size_count - 1]);
    CHECK(pose.network_ms > 0);
    CHECK(pose.latency_ms >= pose.network_ms);
    CHECK(std::memcmp(&pose.box, &kBox, sizeof kBox) == 0);
    CHECK(info.threads == 1);
    CHECK(std::strlen(info.digest) == 64);
}

TEST_CASE("every cut and size can be asked for, and the same image gives the same pose") {
    const Scene scene;
    for (const int cut : {2, 4, 8}) {
        sspnet::Options options = quiet_options();
        options.cut = cut, options.input_size = 128;
        sspnet::Estimator estimator(kDefaultBundle, options);
        const sspnet::Pose first = estimator.predict(scene.image(), kBox), second = estimator.predict(scene.image(), kBox);
        CHECK(first.cut == cut);
        CHECK(first.input_size == 128);
        CHECK(std::memcmp(first.keypoints, second.keypoints, sizeof first.keypoints) == 0);
    }
}

TEST_CASE("a deadline of any length leaves time for the deepest cut") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 8;
    sspnet::Estimator estimator(kDefaultBundle, options);
    for (const double years : {1.0, 1e3, 1e290}) CHECK(estimator.predict_within(3e10 * years, scene.image(), kBox).cut == 8);
}

TEST_CASE("many people give the poses that each gives alone") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128;
    sspnet::Estimator estimator(kDefaultBundle, options);
    const std::vector<sspnet::Box> boxes = {kBox, {10, 10, 100, 200}, {-20, -20, 90, 90}};
    const std::vector<sspnet::Pose> poses = estimator.predict_many(scene.image(), boxes);
    REQUIRE(poses.size() == 3);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const sspnet::Pose alone = estimator.predict(scene.image(), boxes[i]);
        CHECK(std::memcmp(poses[i].joints3d, alone.joints3d, sizeof alone.joints3d) == 0);
    }
    CHECK(estimator.predict_many(scene.image(), {}).empty());
}

TEST_CASE("poses of the frame before are taken as they were given, and refused where they are of another skeleton") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    sspnet::Estimator estimator(kDefaultBundle, options);
    const std::vector<sspnet::Box> boxes = {kBox, {10, 10, 100, 200}};
    std::vector<sspnet::Pose> previous = estimator.predict_many(scene.image(), boxes);
    for (const sspnet::Pose& pose : estimator.predict_many(scene.image(), boxes, previous)) CHECK(is_sound(pose));
    const sspnet::Pose nobody = estimator.predict_many(scene.image(), {kBox}, {sspnet::Pose{}}).front();
    CHECK(std::memcmp(nobody.keypoints, previous[0].keypoints, sizeof nobody.keypoints) == 0);
    CHECK_THROWS_WITH_AS(estimator.predict_many(scene.image(), {kBox}, previous),
                         "previous must be empty, or one pose for each box: there are 2 for 1 boxes", sspnet::Error);
    previous[1].joint_count = 5;
    CHECK(status_of([&] { estimator.predict_many(scene.image(), boxes, previous); }) == SSPNET_BAD_OPTION);
    previous[1].joint_count = previous[0].joint_count, previous[1].keypoints[3][0] = NAN;
    CHECK(status_of([&] { estimator.predict_many(scene.image(), boxes, previous); }) == SSPNET_BAD_OPTION);
}

TEST_CASE("without a box somebody is looked for, and an empty scene is unsure") {
    const Scene scene;
    sspnet::Estimator estimator(kDefaultBundle, quiet_options());
    if (!estimator.describe().has_finder) {
        CHECK(status_of([&] { estimator.predict(scene.image()); }) == SSPNET_BAD_OPTION);
        return;
    }
    CHECK(estimator.predict(scene.image()).unsure == 1);
    CHECK(estimator.find(scene.image()).empty());
    CHECK(estimator.predict_all(scene.image()).empty());
    CHECK(estimator.predict_all(scene.image(), SIZE_MAX).empty());
}

TEST_CASE("bad images, boxes, options and bundles each have their status and a line") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128;
    sspnet::Estimator estimator(kDefaultBundle, options);
    CHECK(status_of([&] { estimator.predict(scene.image(), sspnet::Box{900, 0, 10, 10}); }) == SSPNET_BAD_OPTION);
    CHECK(status_of([&] { estimator.predict({nullptr, 320, 240, 0, SSPNET_BGR}, kBox); }) == SSPNET_BAD_IMAGE);
    CHECK(status_of([&] { estimator.predict_within(-1, scene.image(), kBox); }) == SSPNET_BAD_OPTION);
    CHECK(status_of([&] { estimator.set_target_fps(-1); }) == SSPNET_BAD_OPTION);
    CHECK(std::string(sspnet_last_error()) == "target_fps must be a positive number, not -1");
    options.cut = 3;
    CHECK(status_of([&] { sspnet::Estimator(kDefaultBundle, options); }) == SSPNET_BAD_OPTION);
    options = quiet_options();
    options.target_fps = 30, options.deadline_ms = 10;
    CHECK(status_of([&] { sspnet::Estimator(kDefaultBundle, options); }) == SSPNET_BAD_OPTION);
    options = quiet_options();
    options.device = "toaster";
    CHECK(status_of([&] { sspnet::Estimator(kDefaultBundle, options); }) == SSPNET_BAD_OPTION);
    CHECK(status_of([&] { sspnet::Estimator("nowhere"); }) == SSPNET_BAD_BUNDLE);
}

TEST_CASE("a compiled model that was damaged on the disk changes no answer") {
    namespace fs = std::filesystem;
    const fs::path cache = fs::temp_directory_path() / ("sspnet-" + std::to_string(std::random_device{}()));
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.cache_dir = cache.string(), options.input_size = 128, options.cut = 2;
    const auto ask = [&] { return sspnet::Estimator(kDefaultBundle, options).predict(scene.image(), kBox); };
    const sspnet::Pose expected = ask();
    for (const auto& file : fs::recursive_directory_iterator(cache)) {
        if (!file.is_regular_file()) continue;
        fs::permissions(file.path(), fs::perms::owner_write, fs::perm_options::add);
        std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(std::streamoff(file.file_size() * 2 / 3)) << std::string(4096, '\0');  // as after a power cut
    }
    for (int i = 0; i < 2; ++i) CHECK(std::memcmp(ask().keypoints, expected.keypoints, sizeof expected.keypoints) == 0);
    fs::remove_all(cache);
}

TEST_CASE("threads may share an estimator, and each has its own last error") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    sspnet::Estimator estimator(kDefaultBundle, options);
    const sspnet::Pose expected = estimator.predict(scene.image(), kBox);
    sspnet::Pose poses[2];
    std::string other_error = "unset";
    std::thread one([&] { poses[0] = estimator.predict(scene.image(), kBox), other_error = sspnet_last_error(); });
    std::thread two([&] { poses[1] = estimator.predict(scene.image(), kBox); });
    one.join(), two.join();
    for (const sspnet::Pose& pose : poses) CHECK(std::memcmp(pose.keypoints, expected.keypoints, sizeof expected.keypoints) == 0);
    CHECK(other_error.empty());
}
