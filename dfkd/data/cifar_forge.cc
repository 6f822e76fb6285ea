#include "dfkd/data/cifar_forge.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int kSize = 32;
constexpr int kNoise = 24;  // of 255

std::vector<std::string> FileNames(int64_t classes) {
  if (classes == 100) return {"train.bin", "test.bin"};
  std::vector<std::string> names = {"test_batch.bin"};
  for (int i = 1; i <= 5; ++i) names.push_back(absl::StrCat("data_batch_", i, ".bin"));
  return names;
}

}  // namespace

std::string ForgeCifarPixels(int64_t label, int64_t classes, uint64_t seed) {
  std::mt19937_64 random(seed);
  const double turn = static_cast<double>(label) / static_cast<double>(classes);
  const double waves = 1 + static_cast<double>(label % 5);
  std::string pixels;
  for (int channel = 0; channel < 3; ++channel) {
    const double colour = std::cos(2 * std::numbers::pi * (turn + channel / 3.0));
    for (int i = 0; i < kSize; ++i) {
      for (int j = 0; j < kSize; ++j) {
        const double place = label % 2 == 0 ? i : j;
        const double stripe = std::cos(2 * std::numbers::pi * waves * place / kSize);
        const int noise = static_cast<int>(random() % (2 * kNoise + 1)) - kNoise;
        const int value = static_cast<int>(128 + 60 * colour + 40 * stripe) + noise;
        pixels.push_back(static_cast<char>(std::clamp(value, 0, 255)));
      }
    }
  }
  return pixels;
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
