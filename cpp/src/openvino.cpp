#include "compiled_cache.hpp"
#include "device.hpp"
#include "engines.hpp"
#include "error.hpp"

#include <openvino/openvino.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>

namespace sspnet::core {
namespace {

template <class Work>
auto in_own_words(const std::string& doing, Work work) {
    try {
        return work();
    } catch (const std::exception& error) {
        throw BackendError("OpenVINO " + doing + ": " + error.what());
    }
}

std::string upper(std::string text) {
    for (char& c : text) c = char(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return text;
}

struct Computed {
    const char *precision, *capability;  ///< our name, and the one among a device's capabilities
    ov::element::Type type;
};

const Computed kComputed[] = {{"bf16", "BF16", ov::element::bf16}, {"fp16", "FP16", ov::element::f16}};

class OpenVinoChain : public Chain {
public:
    OpenVinoChain(ov::Core& core, const EngineSettings& settings, std::vector<GraphFile> graphs,
                  const std::vector<ChainInput>& inputs)
        : core_(core), settings_(settings), graphs_(std::move(graphs)), inputs_(inputs), compiled_(graphs_.size()) {
        for (const ChainInput& input : inputs) {
            ov::Tensor tensor(input.is_float ? ov::element::f32 : ov::element::u8, ov::Shape(input.shape));
            std::memset(tensor.data(), 0, tensor.get_byte_size());
            tensors_[input.name] = tensor;
        }
    }

    void* input(const std::string& name) override { return tensors_.at(name).data(); }

    void compile(std::size_t index) override {
        if (compiled_[index]) return;
        in_own_words("cannot open " + graphs_[index].path.filename().u8string(), [&] {
            const GraphFile& graph = graphs_[index];
            const CompiledCache cache(settings_.cache.empty() ? settings_.cache : settings_.cache / "openvino", graph.path,
                                      key());
            compiled_[index] = cache ? kept(cache) : std::nullopt;
            if (compiled_[index]) return;
            compiled_[index] = core_.compile_model(folded(graph), upper(settings_.device), properties());
            if (cache) keep(cache, *compiled_[index]);
        });
    }

    void open(std::size_t index) override {
        while (requests_.size() <= index) {
            const std::size_t next = requests_.size();
            compile(next);
            in_own_words("cannot open " + graphs_[next].path.filename().u8string(),
                         [&] { requests_.push_back(request(graphs_[next], *compiled_[next])); });
        }
    }

    void run(std::size_t index) override {
        in_own_words("failed", [&] { requests_[index].infer(); });
    }

    Answer answer(std::size_t index, const std::string& name) override {
        return in_own_words("gives no " + name, [&] {
            const auto found = tensors_.find(name);
            const ov::Tensor tensor = found != tensors_.end() ? found->second : requests_.at(index).get_tensor(name);
            return Answer{static_cast<const ov::Tensor&>(tensor).data<const float>(), tensor.get_shape()};
        });
    }

private:
    /// All that a compiled graph depends on beside the bundle.
    std::string key() const {
        const std::string device = upper(settings_.device);
        std::ostringstream key;
        key << ov::get_openvino_version().buildNumber << '|' << device << '|' << core_.get_property(device, ov::device::full_name)
            << '|' << settings_.precision << '|' << settings_.threads << '|' << default_threads();
        for (const ChainInput& input : inputs_) {
            key << '|' << input.name;
            for (const std::size_t length : input.shape) key << ' ' << length;
        }
        return key.str();
    }

    std::optional<ov::CompiledModel> kept(const CompiledCache& cache) {
        std::optional<std::ifstream> stream = cache.read();
        if (!stream) return std::nullopt;
        try {
            return core_.import_model(*stream, upper(settings_.device), properties());
        } catch (const std::exception&) {  // a driver that has changed since
            return std::nullopt;
        }
    }

    static void keep(const CompiledCache& cache, ov::CompiledModel& compiled) {
        std::ostringstream exported;
        try {
            compiled.export_model(exported);
        } catch (const std::exception&) {  // a device that exports nothing is compiled for anew each time
            return;
        }
        cache.write(exported.str());
    }

    /// The graph for one person. Its constants are folded, which more than halves its operations before the engine's passes,
    /// hundreds of them, go through all.
    std::shared_ptr<ov::Model> folded(const GraphFile& graph) {
        std::shared_ptr<ov::Model> model = core_.read_model(graph.path.u8string());
        std::map<ov::Output<ov::Node>, ov::PartialShape> one_person;  // dynamic shapes would cost speed on every frame
        for (const ov::Output<ov::Node>& input : model->inputs()) {
            ov::PartialShape shape = input.get_partial_shape();
            shape[0] = 1;
            if (shape.is_dynamic()) shape = ov::PartialShape(tensors_.at(input.get_any_name()).get_shape());
            one_person[input] = shape;
        }
        model->reshape(one_person);
        ov::pass::Manager folding;
        folding.register_pass<ov::pass::ConstantFolding>();
        folding.run_passes(model);
        return model;
    }

    /// A request that is bound, once and for all, to the tensors of the requests before it.
    ov::InferRequest request(const GraphFile& graph, ov::CompiledModel& compiled) {
        ov::InferRequest request = compiled.create_infer_request();
        for (const std::string& name : graph.inputs) request.set_tensor(name, tensors_.at(name));
        for (const std::string& name : graph.outputs) {
            const auto port = compiled.output(name);
            if (port.get_partial_shape().is_dynamic()) continue;  // the engine keeps it until `answer` asks
            tensors_[name] = ov::Tensor(port.get_element_type(), port.get_shape());
            request.set_tensor(name, tensors_[name]);
        }
        return request;
    }

    ov::AnyMap properties() const {
        ov::AnyMap properties = {ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY)};
        if (settings_.device == "cpu") {
            properties.insert(ov::num_streams(1));
            properties.insert(ov::inference_num_threads(settings_.threads));
            // Fewer threads than cores would all be pinned to the first ones, where several estimators wait for each other.
            properties.insert(ov::hint::enable_cpu_pinning(settings_.threads >= default_threads()));
        }
        if (const auto type = computed_in()) properties.insert(ov::hint::inference_precision(*type));
        return properties;
    }

    std::optional<ov::element::Type> computed_in() const {
        if (settings_.device == "npu") return std::nullopt;  // computes in fp16 at best
        for (const Computed& one : kComputed)
            if (settings_.precision == one.precision) return one.type;  // a CPU without fp16 takes fp32 for it
        // Else bf16 or fp16 where the device has it, which moves coordinates, and with which int8 graphs do not open on a CPU.
        if (settings_.device == "cpu" || settings_.precision == "fp32") return ov::element::f32;
        return std::nullopt;
    }

    ov::Core& core_;
    EngineSettings settings_;
    std::vector<GraphFile> graphs_;
    std::vector<ChainInput> inputs_;
    std::map<std::string, ov::Tensor> tensors_;
    std::vector<std::optional<ov::CompiledModel>> compiled_;
    std::vector<ov::InferRequest> requests_;
};

class OpenVino : public Engine {
public:
    std::string name() const override { return "openvino"; }

    std::string version() const override {
        const std::string build = ov::get_openvino_version().buildNumber;
        return build.substr(0, build.find('-'));
    }

    std::vector<std::string> precisions(const std::string& device) override {
        std::vector<std::string> able;
        if (device == "npu") return able;
        const auto has =
            in_own_words("finds no " + device, [&] { return core_.get_property(upper(device), ov::device::capabilities); });
        for (const Computed& one : kComputed)
            if (std::count(has.begin(), has.end(), one.capability) > 0) able.push_back(one.precision);
        return able;
    }

    std::unique_ptr<Chain> chain(std::vector<GraphFile> graphs, const std::vector<ChainInput>& inputs,
                                 const EngineSettings& settings) override {
        return std::make_unique<OpenVinoChain>(core_, settings, std::move(graphs), inputs);
    }

private:
    ov::Core core_;
};

}  // namespace

std::unique_ptr<Engine> make_openvino() {
    return in_own_words("does not load", [&] { return std::make_unique<OpenVino>(); });
}

}  // namespace sspnet::core
