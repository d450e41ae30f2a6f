// The skeleton over a picture.
#pragma once

#include "pnm.hpp"

#include <sspnet/sspnet.hpp>

/// The picture in RGB with the pose's bones: orange on the person's right, blue on the left.
Picture with_skeleton(Picture picture, const sspnet::Pose& pose);
