#include "thresholds.hpp"

#include "error.hpp"
#include "fields.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

constexpr int kBodyJoints = 17;

/// Reads the fields of one section.
struct Section {
    const Json& section;
    std::string of;

    const Json& at(const std::string& name) const { return entry(section, name, of); }
    std::string what(const std::string& name) const { return of + "." + name; }

    double number_from(const std::string& name, double least, double most) const {
        return number(at(name), what(name), least, most);
    }
    float share(const std::string& name) const { return float(number_from(name, 0, 1)); }
    int count(const std::string& name, int most) const { return int(whole(at(name), what(name), 1, most)); }
    std::vector<int> joints(const std::string& name) const {
        return wholes(at(name), what(name), 0, kBodyJoints - 1, kBodyJoints);
    }
};

constexpr char kSchema1[] = R"({
    "poses": {"sure": 0.3, "believed": 0.7, "seen": 0.2, "fewest_seen": 5,
              "margin_side": 0.07, "margin_end": 0.1, "margin_unseen": 0.05},
    "finder": {"decoder": "single_person_centres",
               "joints": [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16], "limbs": [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
               "centre_floor": 0.05, "most_peaks": 30, "score_floor": 0.15,
               "sure_score": 0.16, "sure_score_per_cell": 0.001875, "most_cells": 64, "clear": 0.5,
               "cells_from_guess": 1.8, "far_from_guess": 0.3, "same_iou": 0.5, "same_joint": 0.1, "shared_joints": 0.4,
               "larger_first": 0.125, "middle_first": 0.35,
               "small_person": 0.5, "nearer": 2.0, "nearer_overlap": 0.3, "candidates": 3}
})";

CentresAndBoxes read_centres_and_boxes(const Section& of) {
    CentresAndBoxes finder = {};
    finder.picture_scale = of.number_from("picture_scale", 0.25, 8);
    finder.stride = of.count("stride", 256), finder.cell = of.count("cell", 64);
    if (finder.stride % finder.cell != 0) malformed("'finder.stride' must be a multiple of 'finder.cell'");
    finder.centre_floor = of.share("centre_floor"), finder.most_peaks = of.count("most_peaks", 1000);
    finder.same_iou = of.share("same_iou"), finder.clear = of.share("clear");
    finder.sure_score = of.share("sure_score"), finder.sure_with_pose = of.share("sure_with_pose");
    finder.worth_a_look = of.section.contains("worth_a_look") ? of.share("worth_a_look") : finder.sure_with_pose;
    finder.larger_first = float(of.number_from("larger_first", 0, 10));
    finder.middle_first = of.number_from("middle_first", 0, 10);
    return finder;
}

}  // namespace

PoseThresholds read_poses(const Json& section) {
    const Section of = {section, "poses"};
    return {of.share("sure"),        of.share("believed"),   of.share("seen"),         of.count("fewest_seen", kBodyJoints),
            of.share("margin_side"), of.share("margin_end"), of.share("margin_unseen")};
}

FinderNumbers read_finder(const Json& section) {
    const Section of = {section, "finder"};
    const std::string decoder = text(of.at("decoder"), "finder.decoder");
    if (decoder == "centres_and_boxes") return read_centres_and_boxes(of);
    if (decoder != "single_person_centres")
        throw BundleError("manifest.json has a 'finder.decoder' that this version of libsspnet does not know");
    SinglePersonCentres finder = {};
    finder.joints = of.joints("joints"), finder.limbs = of.joints("limbs");
    for (const int limb : finder.limbs)
        if (std::count(finder.joints.begin(), finder.joints.end(), limb) == 0)
            malformed("'finder.limbs' must be among 'finder.joints'");
    finder.centre_floor = of.share("centre_floor"), finder.most_peaks = of.count("most_peaks", 1000);
    finder.score_floor = of.share("score_floor"), finder.sure_score = of.share("sure_score");
    finder.sure_score_per_cell = of.share("sure_score_per_cell"), finder.most_cells = of.count("most_cells", 4096);
    finder.clear = of.share("clear");
    finder.cells_from_guess = float(of.number_from("cells_from_guess", 0.01, 100));
    finder.far_from_guess = float(of.number_from("far_from_guess", 0.001, 100));
    finder.same_iou = of.share("same_iou"), finder.same_joint = of.share("same_joint");
    finder.shared_joints = of.share("shared_joints");
    finder.larger_first = float(of.number_from("larger_first", 0, 10));
    finder.middle_first = of.number_from("middle_first", 0, 10);
    finder.small_person = of.share("small_person"), finder.nearer = of.number_from("nearer", 1, 10);
    finder.nearer_overlap = float(of.number_from("nearer_overlap", 0, 10));
    finder.candidates = of.count("candidates", 100);
    return finder;
}

const Json& schema_1() {
    static const Json numbers = Json::parse(kSchema1);
    return numbers;
}

}  // namespace sspnet::core
