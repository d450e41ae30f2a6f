#include "engines.hpp"
#include "error.hpp"

#include <openvino/openvino.hpp>

#include <map>

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

class OpenVinoChain : public Chain {
public:
    OpenVinoChain(ov::Core& core, const EngineSettings& settings, std::vector<GraphFile> graphs, const ChainInput& input)
        : core_(core),
          settings_(settings),
          graphs_(std::move(graphs)),
          input_(input.is_float ? ov::element::f32 : ov::element::u8, ov::Shape(input.shape)) {
        tensors_[input.name] = input_;
    }

    void* input() override { return input_.data(); }

    void open(std::size_t index) override {
        while (requests_.size() <= index) {
            const GraphFile& graph = graphs_[requests_.size()];
            in_own_words("cannot open " + graph.path.filename().u8string(), [&] { requests_.push_back(request(graph)); });
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
    /// A request that is bound, once and for all, to the tensors of the requests before it.
    ov::InferRequest request(const GraphFile& graph) {
        std::shared_ptr<ov::Model> model = core_.read_model(graph.path.u8string());
        std::map<ov::Output<ov::Node>, ov::PartialShape> one_person;  // dynamic shapes would cost speed on every frame
        for (const ov::Output<ov::Node>& input : model->inputs()) {
            ov::PartialShape shape = input.get_partial_shape();
            shape[0] = 1;
            if (shape.is_dynamic()) shape = ov::PartialShape(tensors_.at(input.get_any_name()).get_shape());
            one_person[input] = shape;
        }
        model->reshape(one_person);
        ov::CompiledModel compiled = core_.compile_model(model, upper(settings_.device), properties());
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
        }
        // Else bf16 where there is one, which moves coordinates, and with which int8 graphs do not open.
        if (settings_.device == "cpu" || (settings_.precision == "fp32" && settings_.device != "npu"))
            properties.insert(ov::hint::inference_precision(ov::element::f32));
        if (!settings_.cache.empty()) properties.insert(ov::cache_dir((settings_.cache / "openvino").u8string()));
        return properties;
    }

    ov::Core& core_;
    EngineSettings settings_;
    std::vector<GraphFile> graphs_;
    ov::Tensor input_;
    std::map<std::string, ov::Tensor> tensors_;
    std::vector<ov::InferRequest> requests_;
};

class OpenVino : public Engine {
public:
    std::string name() const override { return "openvino"; }

    std::string version() const override {
        const std::string build = ov::get_openvino_version().buildNumber;
        return build.substr(0, build.find('-'));
    }

    std::unique_ptr<Chain> chain(std::vector<GraphFile> graphs, const ChainInput& input,
                                 const EngineSettings& settings) override {
        return std::make_unique<OpenVinoChain>(core_, settings, std::move(graphs), input);
    }

private:
    ov::Core core_;
};

}  // namespace

std::unique_ptr<Engine> make_openvino() {
    return in_own_words("does not load", [&] { return std::make_unique<OpenVino>(); });
}

}  // namespace sspnet::core
