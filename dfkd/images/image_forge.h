// Picture files for tests: dfkd itself writes PNG files only for people to look at.
#ifndef DFKD_IMAGES_IMAGE_FORGE_H_
#define DFKD_IMAGES_IMAGE_FORGE_H_

#include <string>

#include "dfkd/images/image.h"

namespace dfkd {

// 1 or 3 channels.
std::string ForgePng(const Image& image);
std::string ForgeJpeg(const Image& image, int quality);

}  // namespace dfkd

#endif  // DFKD_IMAGES_IMAGE_FORGE_H_
