#include "dfkd/data/cifar_forge.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/data/picture_forge.h"
#include "dfkd/images/image.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int kSize = 32;

std::vector<std::string> FileNames(int64_t classes) {
  if (classes == 100) return {"train.bin", "test.bin"};
  std::vector<std::string> names = {"test_batch.bin"};
  for (int i = 1; i <= 5; ++i) names.push_back(absl::StrCat("data_batch_", i, ".bin"));
  return names;
}

}  // namespace

std::string ForgeCifarPixels(int64_t label, int64_t classes, uint64_t seed) {
  const Image image = ForgePicture(label, classes, kSize, seed);
  return {image.pixels.begin(), image.pixels.end()};
}

absl::Status ForgeCifar(const std::string& folder, int64_t classes, int64_t records,
                        uint64_t seed) {
  CHECK(classes == 10 || classes == 100) << "there is no CIFAR-" << classes;
  DFKD_RETURN_IF_ERROR(FileSystem::Posix()->CreateDirectories(folder));
  for (const std::string& name : FileNames(classes)) {
    std::string bytes;
    for (int64_t i = 0; i < records; ++i) {
      const int64_t label = i % classes;
      if (classes == 100) bytes.push_back(static_cast<char>(label / 5));
      bytes.push_back(static_cast<char>(label));
      bytes += ForgeCifarPixels(label, classes, seed++);
    }
    DFKD_RETURN_IF_ERROR(WriteFileAtomically(FileSystem::Posix(), JoinPath(folder, name), bytes));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
