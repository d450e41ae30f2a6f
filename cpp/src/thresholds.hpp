// The numbers that a bundle's networks were tuned to: when a pose is believed, and how people are read off the finder's maps.
// They stand in the manifest, since other weights want other numbers; a bundle of schema 1 has none and means kSchema1.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <variant>
#include <vector>

namespace sspnet::core {

/// The manifest's `poses`. Confidences are means over the body's joints unless it says "joint".
struct PoseThresholds {
    float sure;                     ///< below this a pose is `unsure`
    float believed;                 ///< from this on a pose is a person, where the finder doubts
    float seen;                     ///< confidence from which a joint counts for a pose's box, …
    int fewest_seen;                ///< … if at least so many joints do
    float margin_side, margin_end;  ///< of the joints' longer extent: the person's box reaches so far beyond the joints
    float margin_unseen;            ///< of that box's longer side: what a first look at somebody may not have seen
};

/// The manifest's `finder` of the decoder "single_person_centres": a centre map, guessed joints, and heat of each joint.
struct SinglePersonCentres {
    std::vector<int> joints;                ///< that have heat of their own
    std::vector<int> limbs;                 ///< those of them whose mean heat is a person's score
    float centre_floor;                     ///< likelihood of a cell that may be a person's centre
    int most_peaks;                         ///< so many cells may be, at most
    float score_floor;                      ///< of a person at all
    float sure_score, sure_score_per_cell;  ///< a person is sure from sure_score + sure_score_per_cell · cells on
    int most_cells;                         ///< the map's width in cells counts up to this
    float clear;                            ///< score from which there is no doubt
    float cells_from_guess;                 ///< a cell's heat counts by heat / (cells from the guess + this)
    float far_from_guess;             ///< of the guessed person's extent: joints found further away are rather another person's
    float same_iou;                   ///< boxes that overlap so much are one person's; …
    float same_joint, shared_joints;  ///< … or so are those of whose joints such a share lie so near (of the longer side)
    float larger_first;               ///< a person's rank is score · (longer side)^larger_first
    double middle_first;              ///< it falls by exp(-middle_first · d²), d in half sides of the picture from its middle
    float small_person;               ///< of the picture's longer side: who is smaller is looked at again, …
    double nearer;                    ///< … in a crop of so many times their box,
    float nearer_overlap;             ///< where a person's score counts by this + IoU with the box
    int candidates;                   ///< of so many, where there is doubt, the most confident pose is chosen
};

/// The manifest's `finder` of the decoder "centres_and_boxes": a map of people's centres, and a box for each cell. The graph
/// takes pictures of any shape, about (picture_scale · input size)² · ¾ pixels in the picture's own.
struct CentresAndBoxes {
    double picture_scale;
    int stride;            ///< sides of the view are multiples of this
    int cell;              ///< of the maps, in pixels of the view, each way
    float centre_floor;    ///< likelihood of a cell that may be a person's centre
    int most_peaks;        ///< so many cells may be, at most
    float same_iou;        ///< boxes that overlap so much are one person's
    float clear;           ///< likelihood from which there is no doubt
    float sure_score;      ///< likelihood from which a person is sure where no pose is looked at
    float sure_with_pose;  ///< the same for likelihood x mean confidence of the pose in the box, where one is
    float worth_a_look;    ///< likelihood from which a pose is looked at; a manifest without it means `sure_with_pose`
    float larger_first;    ///< a person's rank is likelihood · (longer side)^larger_first
    double middle_first;   ///< it falls by exp(-middle_first · d²), d in half sides of the picture from its middle
};

/// The numbers of any decoder that this version knows.
using FinderNumbers = std::variant<SinglePersonCentres, CentresAndBoxes>;

/// The manifest's `poses` and `finder`, checked. Throw BundleError.
PoseThresholds read_poses(const nlohmann::json& section);
FinderNumbers read_finder(const nlohmann::json& section);

/// What a manifest of schema 1 means by saying nothing: `poses` and `finder`.
const nlohmann::json& schema_1();

}  // namespace sspnet::core
