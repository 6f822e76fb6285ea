// Pictures for tests that a small network can learn to tell apart.
#ifndef DFKD_DATA_PICTURE_FORGE_H_
#define DFKD_DATA_PICTURE_FORGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/images/image.h"

namespace dfkd {

// [3, size, size]: a colour and a stripe that depend on the class alone, under noise of the seed.
Image ForgePicture(int64_t label, int64_t classes, int64_t size, uint64_t seed);

// FOLDER/class_K/I.png (of even I) or .jpg, K below `classes`, I below `count`: an image folder's
// split with pictures of `size` x `size` pixels.
absl::Status ForgeClassFolders(const std::string& folder, int64_t classes, int64_t count,
                               int64_t size, uint64_t seed);

// The files of Tiny-ImageNet, all 200 classes, with `train` pictures of each to train on and `test`
// ones to test: JPEG of 64 x 64 pixels.
absl::Status ForgeTinyImageNet(const std::string& folder, int64_t train, int64_t test,
                               uint64_t seed);

// A folder of ImageNet or of a subset, FOLDER/train/ID/I.JPEG and FOLDER/val/ID/I.JPEG, with
// as many pictures of each class as asked for, of 64 x 64 pixels.
absl::Status ForgeImageNetFolders(const std::string& folder, const std::vector<std::string>& ids,
                                  int64_t train, int64_t test, uint64_t seed);

}  // namespace dfkd

#endif  // DFKD_DATA_PICTURE_FORGE_H_
