// Compiled graphs kept on disk: written privately and then named, and used only if their digest is right.
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace sspnet::core {

/// One compiled graph. Any number of processes may read and write it at once: a name appears only when the file is whole. A file
/// that was damaged since, as by a power cut, is as if it were not there.
class CompiledCache {
public:
    /// In `folder` (empty: nothing is kept), under `settings` and what the manifest beside `graph` says of the bundle's files.
    CompiledCache(const std::filesystem::path& folder, const std::filesystem::path& graph, const std::string& settings);

    /// Whether anything is kept.
    explicit operator bool() const { return !path_.empty(); }

    /// What was kept, to be read from where the stream stands; nothing where it is not whole.
    std::optional<std::ifstream> read() const;

    /// Keep it. A disk that refuses is no error: the graph is compiled anew next time.
    void write(const std::string& compiled) const;

private:
    std::filesystem::path path_;
};

}  // namespace sspnet::core
