#include "answers.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace sspnet::core {

Answer checked_answer(Chain& chain, std::size_t index, const std::string& name, const std::string& file, float limit) {
    const Answer answer = chain.answer(index, name);
    const std::size_t count =
        std::accumulate(answer.shape.begin(), answer.shape.end(), std::size_t(1), std::multiplies<std::size_t>());
    const auto is_sound = [limit](float value) { return std::fabs(value) <= limit; };  // a NaN is not
    if (!std::all_of(answer.values, answer.values + count, is_sound))
        throw BackendError("the graph " + file + " gave values in " + name +
                           " that are not finite or too large, which is no answer");
    return answer;
}

}  // namespace sspnet::core
