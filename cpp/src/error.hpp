// The failures that leave the library, each with the status that the C interface gives for it.
#pragma once

#include <sspnet/sspnet.h>

#include <stdexcept>
#include <string>

namespace sspnet::core {

struct Failure : std::runtime_error {
    Failure(sspnet_status code, const std::string& message) : std::runtime_error(message), status(code) {}
    sspnet_status status;
};

struct OptionError : Failure {
    explicit OptionError(const std::string& message) : Failure(SSPNET_BAD_OPTION, message) {}
};

struct ImageError : Failure {
    explicit ImageError(const std::string& message) : Failure(SSPNET_BAD_IMAGE, message) {}
};

struct BundleError : Failure {
    explicit BundleError(const std::string& message) : Failure(SSPNET_BAD_BUNDLE, message) {}
};

struct BackendError : Failure {
    explicit BackendError(const std::string& message) : Failure(SSPNET_BACKEND_FAILED, message) {}
};

}  // namespace sspnet::core
