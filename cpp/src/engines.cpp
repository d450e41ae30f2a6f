#include "engines.hpp"

#include "error.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

struct Entry {
    const char* name;
    const char* usual_device;
    std::vector<std::string> devices;
    std::unique_ptr<Engine> (*make)();
};

#if !defined(SSPNET_ONNXRUNTIME_DEVICE)
#define SSPNET_ONNXRUNTIME_DEVICE "cpu"
#endif

std::vector<Entry> built_with() {
    std::vector<Entry> entries;
#if defined(SSPNET_WITH_OPENVINO)
    entries.push_back({"openvino", "cpu", {"cpu", "gpu", "npu"}, make_openvino});
#endif
#if defined(SSPNET_WITH_ONNXRUNTIME)
    entries.push_back({"onnxruntime", SSPNET_ONNXRUNTIME_DEVICE, {"cpu", "cuda", "tensorrt"}, make_onnxruntime});
#endif
    return entries;
}

std::string listing(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
    return text;
}

}  // namespace

std::unique_ptr<Engine> make_engine(const std::string& name, EngineSettings& settings) {
    if (name != "auto" && name != "openvino" && name != "onnxruntime")
        throw OptionError("backend must be 'auto', 'openvino' or 'onnxruntime', not '" + name + "'");
    for (const Entry& entry : built_with()) {
        if (name != "auto" && name != entry.name) continue;
        if (settings.device == "auto") settings.device = entry.usual_device;
        if (std::find(entry.devices.begin(), entry.devices.end(), settings.device) == entry.devices.end())
            throw OptionError("device must be 'auto', " + listing(entry.devices) + " with the backend " + entry.name + ", not '" +
                              settings.device + "'");
        return entry.make();
    }
    const std::string what = name == "auto" ? "any inference engine" : "the backend " + name;
    throw BackendError("this libsspnet was built without " + what +
                       ": build it with -DSSPNET_OPENVINO=ON or -DSSPNET_ONNXRUNTIME=ON");
}

}  // namespace sspnet::core
