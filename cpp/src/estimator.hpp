// An image in, a pose out, at the frame rate that was asked for. Ties the rooms together.
#pragma once

#include "plan.hpp"

namespace sspnet::core {

class Estimator {
public:
    /// Throws Failure, as every member does.
    Estimator(const std::string& folder, Options options);

    sspnet_pose predict(const sspnet_image& image, const sspnet_box* box, std::optional<double> deadline_ms);
    /// `previous`: NULL, or `count` poses of the same people in the frame before, of no joints for whoever was not there.
    std::vector<sspnet_pose> predict_many(const sspnet_image& image, const sspnet_box* boxes, std::size_t count,
                                          const sspnet_pose* previous = nullptr);
    /// Everybody, `max_people` at most, the most prominent first; whose pose is not confident is nobody.
    std::vector<sspnet_pose> predict_all(const sspnet_image& image, std::size_t max_people);
    std::vector<sspnet_box> find(const sspnet_image& image);

    void set_goal(const Goal& goal);
    bool out_of_reach();
    sspnet_info describe();

private:
    Found locate(const Image& image, const Goal& goal);
    /// In no hurry, and if time allows, finer cells are searched where nobody is clear, and poses say who comes first.
    std::vector<Found> people(const Image& image, const SearchPlan& plan);
    Look look(const Image& image, const sspnet_box& box);
    std::vector<sspnet_pose> poses(const Image& image, const sspnet_box* boxes, std::size_t count, const Goal& goal,
                                   Clock::time_point begin, bool located, const sspnet_pose* previous = nullptr);
    sspnet_pose pose(const Image& image, const sspnet_box& person, const OperatingPoint& point,
                     std::optional<Clock::time_point> deadline, const sspnet_pose* previous = nullptr);

    /// Of the last pose: what the controller compares with the measured time of the point.
    double stages_ms(const OperatingPoint& point);

    Turns turns_;
    Bundle bundle_;
    Plan plan_;
};

}  // namespace sspnet::core
