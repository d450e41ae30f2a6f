// What an inference engine has to offer; everything else in the library is the same for all engines. One file per engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sspnet::core {

/// A graph of the bundle: tensors go by name.
struct GraphFile {
    std::filesystem::path path;
    std::vector<std::string> inputs, outputs;
};

/// What a chain is given: a crop, uint8 (1, size, size, 3) RGB, or a pose, float32 (1, joints, 4).
struct ChainInput {
    std::string name;
    std::vector<std::size_t> shape;
    bool is_float;

    static ChainInput image(int width, int height) { return {"image", {1, std::size_t(height), std::size_t(width), 3}, false}; }
    static ChainInput image(int size) { return {"image", {1, std::size_t(size), std::size_t(size), 3}, false}; }
    static ChainInput pose(const char* name, int joints) { return {name, {1, std::size_t(joints), 4}, true}; }

    std::size_t bytes() const {
        std::size_t count = is_float ? sizeof(float) : 1;
        for (const std::size_t length : shape) count *= length;
        return count;
    }
};

/// One tensor that came out of a graph: float32, valid until the graph runs again.
struct Answer {
    const float* values;
    std::vector<std::size_t> shape;
};

/// Graphs that feed each other, opened when first needed. Not to be run from two threads at once.
class Chain {
public:
    virtual ~Chain() = default;

    /// Where the input of that name goes: a ChainInput's bytes, zeros at first.
    virtual void* input(const std::string& name) = 0;

    /// Compile one graph, unless that is done. Several threads may do that at once, each for another graph, while nothing else is
    /// asked of the chain. Throws BackendError with the engine's own words.
    virtual void compile(std::size_t index) = 0;

    /// Open the graphs up to number `index`, unless that is done: those that are not compiled yet are, one after the other.
    /// Throws BackendError with the engine's own words.
    virtual void open(std::size_t index) = 0;

    /// Run one opened graph on the inputs and what the graphs before it gave. Throws BackendError.
    virtual void run(std::size_t index) = 0;

    /// An output of graph `index`, which has run. Throws BackendError.
    virtual Answer answer(std::size_t index, const std::string& name) = 0;
};

struct EngineSettings {
    std::string device;     ///< never "auto"
    std::string precision;  ///< of the graphs, or what fp32 graphs are computed in; "fp32" must not be computed in less
    int threads;
    std::filesystem::path
        cache;  ///< folder that exists, for a folder of the engine's own with compiled models; empty to keep none
};

class Engine {
public:
    virtual ~Engine() = default;
    virtual std::string name() const = 0;
    virtual std::string version() const = 0;

    /// Besides fp32, what it computes fp32 graphs in on a device where it is asked to.
    virtual std::vector<std::string> precisions(const std::string& device) = 0;

    virtual std::unique_ptr<Chain> chain(std::vector<GraphFile> graphs, const std::vector<ChainInput>& inputs,
                                         const EngineSettings& settings) = 0;
};

/// The engine called `name` ("auto": the first that the library was built with) for `settings.device` ("auto": its usual one,
/// which is written back into `settings`). Throws OptionError, or BackendError where the library was built without it.
std::unique_ptr<Engine> make_engine(const std::string& name, EngineSettings& settings);

}  // namespace sspnet::core
