#include "engine_cache.hpp"
#include "engines.hpp"
#include "error.hpp"

#include <onnxruntime_c_api.h>

#include <cstdlib>
#include <map>

namespace sspnet::core {
namespace {

const OrtApi& api() {
    static const OrtApi* const found = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (found == nullptr)
        throw BackendError(std::string("ONNX Runtime ") + OrtGetApiBase()->GetVersionString() +
                           " is older than the headers that libsspnet was built with");
    return *found;
}

void check(OrtStatus* status, const std::string& doing) {
    if (status == nullptr) return;
    const std::string words = api().GetErrorMessage(status);
    api().ReleaseStatus(status);
    throw BackendError("ONNX Runtime " + doing + ": " + words);
}

template <class T>
using Owned = std::unique_ptr<T, void(ORT_API_CALL*)(T*)>;

/// What `create` gives through its last argument, owned.
template <class T, class Create>
Owned<T> owned(void(ORT_API_CALL* release)(T*), const std::string& doing, Create create) {
    T* made = nullptr;
    check(create(&made), doing);
    return Owned<T>(made, release);
}

/// Poses, joints and the finder's maps are read here; features stay where the next graph needs them.
bool is_answer(const std::string& name) {
    return name.rfind("pose_", 0) == 0 || name == "joints3d" || name == "centre" || name == "box" || name == "joints" ||
           name == "heat";
}

Owned<OrtMemoryInfo> memory(const char* name) {
    return owned<OrtMemoryInfo>(api().ReleaseMemoryInfo, "failed", [&](OrtMemoryInfo** made) {
        return api().CreateMemoryInfo(name, OrtDeviceAllocator, 0, OrtMemTypeDefault, made);
    });
}

void append_cuda(OrtSessionOptions* options, const std::string& precision) {
    const auto cuda = owned<OrtCUDAProviderOptionsV2>(api().ReleaseCUDAProviderOptions, "has no CUDA",
                                                      [](auto** made) { return api().CreateCUDAProviderOptions(made); });
    const char* key = "use_tf32";  // ten bits of mantissa, which moves coordinates
    const char* value = precision == "fp16" ? "1" : "0";
    check(api().UpdateCUDAProviderOptions(cuda.get(), &key, &value, 1), "has no CUDA");
    check(api().SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()), "has no CUDA");
}

std::map<std::string, std::string> tensorrt_options(const EngineSettings& settings, const std::filesystem::path& model) {
    std::map<std::string, std::string> options = {{"trt_fp16_enable", settings.precision == "fp32" ? "0" : "1"},
                                                  {"trt_int8_enable", settings.precision == "int8" ? "1" : "0"}};
    if (settings.cache.empty()) return options;
    const std::filesystem::path engines = tensorrt_folder(settings.cache, model);
    options["trt_engine_cache_enable"] = options["trt_timing_cache_enable"] = "1";
    options["trt_engine_cache_path"] = engines.u8string();
    options["trt_timing_cache_path"] = engines.parent_path().u8string();
    return options;
}

void append_tensorrt(OrtSessionOptions* options, const EngineSettings& settings, const std::filesystem::path& model) {
    const auto tensorrt =
        owned<OrtTensorRTProviderOptionsV2>(api().ReleaseTensorRTProviderOptions, "has no TensorRT",
                                            [](auto** made) { return api().CreateTensorRTProviderOptions(made); });
    const std::map<std::string, std::string> wanted = tensorrt_options(settings, model);
    std::vector<const char*> keys, values;
    for (const auto& [key, value] : wanted) keys.push_back(key.c_str()), values.push_back(value.c_str());
    check(api().UpdateTensorRTProviderOptions(tensorrt.get(), keys.data(), values.data(), keys.size()), "has no TensorRT");
    check(api().SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt.get()), "has no TensorRT");
    append_cuda(options, settings.precision);  // for what TensorRT does not take
}

Owned<OrtSessionOptions> session_options(const EngineSettings& settings, const std::filesystem::path& model) {
    auto options = owned<OrtSessionOptions>(api().ReleaseSessionOptions, "failed", api().CreateSessionOptions);
    check(api().SetIntraOpNumThreads(options.get(), settings.threads), "failed");
    check(api().SetInterOpNumThreads(options.get(), 1), "failed");
    check(api().SetSessionLogSeverityLevel(options.get(), ORT_LOGGING_LEVEL_ERROR), "failed");
    check(api().AddFreeDimensionOverrideByName(options.get(), "batch", 1), "failed");  // what is fixed is planned once
    // The pools of several sessions must not spin against each other: a chain of stages would take 2.5 times as long.
    check(api().AddSessionConfigEntry(options.get(), "session.intra_op.allow_spinning", "0"), "failed");
    if (settings.device == "cuda") append_cuda(options.get(), settings.precision);
    if (settings.device == "tensorrt") append_tensorrt(options.get(), settings, model);
    return options;
}

class OnnxRuntimeChain : public Chain {
public:
    OnnxRuntimeChain(OrtEnv* env, const EngineSettings& settings, std::vector<GraphFile> graphs,
                     const std::vector<ChainInput>& inputs)
        : env_(env),
          settings_(settings),
          here_(memory("Cpu")),
          there_(memory(settings.device == "cpu" ? "Cpu" : "Cuda")),
          graphs_(std::move(graphs)) {
        for (std::size_t i = 0; i < graphs_.size(); ++i) sessions_.emplace_back(nullptr, api().ReleaseSession);
        for (const ChainInput& input : inputs) {
            std::vector<std::uint8_t>& bytes = inputs_[input.name];
            bytes.resize(input.bytes());
            const std::vector<std::int64_t> shape(input.shape.begin(), input.shape.end());
            const auto type = input.is_float ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT : ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
            auto value = owned<OrtValue>(api().ReleaseValue, "failed", [&](OrtValue** made) {
                return api().CreateTensorWithDataAsOrtValue(here_.get(), bytes.data(), bytes.size(), shape.data(), shape.size(),
                                                            type, made);
            });
            values_.emplace(input.name, std::move(value));
        }
    }

    void* input(const std::string& name) override { return inputs_.at(name).data(); }

    void compile(std::size_t index) override {
        if (sessions_[index]) return;
        const GraphFile& graph = graphs_[index];
        const auto options = session_options(settings_, graph.path);
        sessions_[index] = owned<OrtSession>(api().ReleaseSession, doing(graph), [&](OrtSession** made) {
            return api().CreateSession(env_, graph.path.c_str(), options.get(), made);
        });
    }

    void open(std::size_t index) override {
        while (opened_.size() <= index) {
            const std::size_t next = opened_.size();
            compile(next);
            OrtSession* const session = sessions_[next].get();
            auto binding = owned<OrtIoBinding>(api().ReleaseIoBinding, doing(graphs_[next]),
                                               [&](OrtIoBinding** made) { return api().CreateIoBinding(session, made); });
            opened_.push_back({session, std::move(binding), false});
        }
    }

    void run(std::size_t index) override {
        Opened& graph = opened_[index];
        if (!graph.bound) bind_to_new(graph, graphs_[index]);
        check(api().RunWithBinding(graph.session, nullptr, graph.binding.get()), "failed");
        if (!graph.bound) bind_to_held(graph, graphs_[index]);
    }

    Answer answer(std::size_t, const std::string& name) override {
        const auto found = values_.find(name);
        if (found == values_.end()) throw BackendError("ONNX Runtime gave no " + name);
        const auto info = owned<OrtTensorTypeAndShapeInfo>(api().ReleaseTensorTypeAndShapeInfo, "failed", [&](auto** made) {
            return api().GetTensorTypeAndShape(found->second.get(), made);
        });
        std::size_t rank = 0;
        check(api().GetDimensionsCount(info.get(), &rank), "failed");
        std::vector<std::int64_t> shape(rank);
        check(api().GetDimensions(info.get(), shape.data(), rank), "failed");
        ONNXTensorElementDataType type;
        check(api().GetTensorElementType(info.get(), &type), "failed");
        if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
            throw BackendError("ONNX Runtime gave " + name + " in another type than float32");
        void* data = nullptr;
        check(api().GetTensorMutableData(found->second.get(), &data), "failed");
        return {static_cast<const float*>(data), {shape.begin(), shape.end()}};
    }

private:
    struct Opened {
        OrtSession* session;
        Owned<OrtIoBinding> binding;
        bool bound;
    };

    static std::string doing(const GraphFile& graph) { return "cannot open " + graph.path.filename().u8string(); }

    /// For the first run: the shapes of the outputs are known only after it.
    void bind_to_new(Opened& graph, const GraphFile& file) {
        for (const std::string& name : file.inputs)
            check(api().BindInput(graph.binding.get(), name.c_str(), values_.at(name).get()), "takes no " + name);
        for (const std::string& name : file.outputs)
            check(api().BindOutputToDevice(graph.binding.get(), name.c_str(), (is_answer(name) ? here_ : there_).get()),
                  "gives no " + name);
    }

    /// For all later runs: into the tensors that the first one made, to which the graphs after it are bound too.
    void bind_to_held(Opened& graph, const GraphFile& file) {
        OrtAllocator* allocator = nullptr;
        check(api().GetAllocatorWithDefaultOptions(&allocator), "failed");
        OrtValue** given = nullptr;
        std::size_t count = 0;
        check(api().GetBoundOutputValues(graph.binding.get(), allocator, &given, &count), "failed");
        for (std::size_t i = 0; i < count; ++i)
            values_.insert_or_assign(file.outputs[i], Owned<OrtValue>(given[i], api().ReleaseValue));
        check(api().AllocatorFree(allocator, given), "failed");
        for (const std::string& name : file.outputs)
            check(api().BindOutput(graph.binding.get(), name.c_str(), values_.at(name).get()), "failed");
        graph.bound = true;
    }

    OrtEnv* env_;
    EngineSettings settings_;
    Owned<OrtMemoryInfo> here_, there_;
    std::vector<GraphFile> graphs_;
    std::map<std::string, std::vector<std::uint8_t>> inputs_;
    std::map<std::string, Owned<OrtValue>> values_;
    std::vector<Owned<OrtSession>> sessions_;
    std::vector<Opened> opened_;
};

class OnnxRuntime : public Engine {
public:
    OnnxRuntime()
        : env_(owned<OrtEnv>(api().ReleaseEnv, "does not load",
                             [](OrtEnv** made) { return api().CreateEnv(ORT_LOGGING_LEVEL_ERROR, "sspnet", made); })) {
        check(api().DisableTelemetryEvents(env_.get()), "failed");
    }

    std::string name() const override { return "onnxruntime"; }
    std::string version() const override { return OrtGetApiBase()->GetVersionString(); }

    std::vector<std::string> precisions(const std::string&) override { return {}; }

    std::unique_ptr<Chain> chain(std::vector<GraphFile> graphs, const std::vector<ChainInput>& inputs,
                                 const EngineSettings& settings) override {
        return std::make_unique<OnnxRuntimeChain>(env_.get(), settings, std::move(graphs), inputs);
    }

private:
    Owned<OrtEnv> env_;
};

}  // namespace

std::unique_ptr<Engine> make_onnxruntime() { return std::make_unique<OnnxRuntime>(); }

}  // namespace sspnet::core
