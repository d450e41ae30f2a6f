// The demo's command line.
#pragma once

#include <sspnet/sspnet.hpp>

#include <optional>
#include <string>
#include <vector>

struct DemoOptions {
    sspnet::Options estimator;
    std::string bundle, picture, drawing;
    std::vector<sspnet::Box> boxes;
    int repeat = 1;
    int width = 0, height = 0;  ///< of the raw frames on standard input; 0 for a picture
    bool json = false, all = false, help = false;
};

extern const char* const kUsage;

/// Throws std::runtime_error: one line on what is wrong.
DemoOptions parse_options(int count, char** words);
