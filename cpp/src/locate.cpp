#include "locate.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace sspnet::core {
namespace {

class Search {
public:
    Search(const Crop& whole, const Peaks& peaks, const RunFinder& run_finder, int looks)
        : whole_(whole), peaks_(peaks), run_finder_(run_finder), looks_(looks) {}

    /// People in the whole picture.
    std::vector<Found> once(const RunFinder& run_finder) const { return peaks_.people(whole_, run_finder(whole_)); }

    /// The large ones, and the most prominent of the small ones as seen from nearer.
    std::vector<Found> found_twice(std::vector<Found> people) const {
        most_prominent_first(people);
        const float limit = peaks_.finder.small_person * float(whole_.side);
        std::vector<Found> settled, seen_nearer;
        for (const Found& person : people) {
            if (!(longer_side(person.box) < limit))
                settled.push_back(person);
            else if (int(seen_nearer.size()) < looks_)
                seen_nearer.push_back(from_nearer(person));
        }
        settled.insert(settled.end(), seen_nearer.begin(), seen_nearer.end());
        return peaks_.distinct(std::move(settled));
    }

    void most_prominent_first(std::vector<Found>& people) const {
        std::stable_sort(people.begin(), people.end(),
                         [&](const Found& a, const Found& b) { return prominence(a) > prominence(b); });
    }

    /// The first few in the order of prominence x confidence of their poses.
    void confident_first(std::vector<Found>& people, const LookAt& look_at) const {
        struct Weighed {
            Found person;
            Look seen;
            double weight;
        };
        std::vector<Weighed> few;
        for (std::size_t i = 0; i < std::min(people.size(), std::size_t(peaks_.finder.candidates)); ++i) {
            const Look seen = look_at(people[i].box);
            few.push_back({people[i], seen, seen.confidence * prominence(people[i])});
        }
        std::stable_sort(few.begin(), few.end(), [](const Weighed& a, const Weighed& b) { return a.weight > b.weight; });
        for (std::size_t i = 0; i < few.size(); ++i) people[i] = few[i].person;
        settle_first(people, few.front().seen, look_at);
    }

    /// The first with the box that their pose implies, if the pose in that is no less confident.
    void settle_first(std::vector<Found>& people, const Look& seen, const LookAt& look_at) const {
        if (look_at(seen.box).confidence < seen.confidence) return;
        Found& first = people.front();
        first.box = seen.box;
        const auto is_first = [&](const Found& person) { return peaks_.same(person, first); };
        people.erase(std::remove_if(people.begin() + 1, people.end(), is_first), people.end());
    }

private:
    /// Photographs are taken of whoever is in the middle: a person at the border counts less.
    double prominence(const Found& person) const {
        const double half = whole_.side / 2;
        const double x = person.box.x + person.box.w / 2 - whole_.x - half, y = person.box.y + person.box.h / 2 - whole_.y - half;
        return peaks_.rank(person) * std::exp(-peaks_.finder.middle_first * (x * x + y * y) / (half * half));
    }

    Found from_nearer(const Found& person) const {
        const Crop nearer = Crop::around(person.box, peaks_.finder.nearer);
        Found best = person;
        float best_fit = -1;
        for (const Found& again : peaks_.people(nearer, run_finder_(nearer))) {
            const float fit = again.score * (peaks_.finder.nearer_overlap + iou(again.box, person.box));
            if (fit > best_fit) best_fit = fit, best = again;
        }
        return best;
    }

    Crop whole_;
    const Peaks& peaks_;
    const RunFinder& run_finder_;
    int looks_;
};

LookAt each_box_once(const LookAt& look_at) {
    return [look_at, seen = std::map<std::array<float, 4>, Look>()](const sspnet_box& box) mutable {
        const std::array<float, 4> key = {box.x, box.y, box.w, box.h};
        const auto known = seen.find(key);
        return known != seen.end() ? known->second : seen[key] = look_at(box);
    };
}

}  // namespace

std::vector<Found> find_people(const Image& image, const Peaks& peaks, const RunFinder& run_finder, int looks,
                               const RunFinder& run_finer, const LookAt& look) {
    const LookAt look_at = look ? each_box_once(look) : look;
    const Search search(Crop::around(whole_image(image), 1.0), peaks, run_finder, looks);
    std::vector<Found> people = search.found_twice(search.once(run_finder));
    search.most_prominent_first(people);
    const auto is_clear = [&](const Found& person) { return person.score > peaks.finder.clear; };
    if (std::any_of(people.begin(), people.end(), is_clear)) return people;
    if (look_at && !people.empty()) {
        const Look seen = look_at(people.front().box);
        if (seen.confidence >= peaks.poses.believed) {
            search.settle_first(people, seen, look_at);
            return people;
        }
    }
    if (run_finer) {
        std::vector<Found> finer = search.once(run_finer);
        finer.erase(std::remove_if(finer.begin(), finer.end(), [](const Found& person) { return !person.sure; }), finer.end());
        finer = search.found_twice(std::move(finer));
        people.insert(people.end(), finer.begin(), finer.end());
        people = peaks.distinct(std::move(people));
        search.most_prominent_first(people);
    }
    if (look_at && !people.empty()) search.confident_first(people, look_at);
    return people;
}

}  // namespace sspnet::core
