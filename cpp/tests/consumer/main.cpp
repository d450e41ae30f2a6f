// A program of another project that found sspnet by find_package: the C++ face and the C interface in one binary.
#include <sspnet/sspnet.hpp>

#include <cstdio>

extern "C" const char* version_from_c(void);

int main() {
    try {
        sspnet::Estimator estimator("a folder that does not exist");
    } catch (const sspnet::Error& error) {
        std::printf("libsspnet %s: %s\n", version_from_c(), error.what());
        return error.status() == SSPNET_BAD_BUNDLE ? 0 : 1;
    }
    return 1;
}
