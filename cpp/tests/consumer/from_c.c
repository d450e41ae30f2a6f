#include <sspnet/sspnet.h>

const char *version_from_c(void) { return sspnet_version(); }
