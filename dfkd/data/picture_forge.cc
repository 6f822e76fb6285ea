#include "dfkd/data/picture_forge.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/data/tiny_imagenet_classes.h"
#include "dfkd/images/image_forge.h"

namespace dfkd {
namespace {

constexpr int kNoise = 24;  // of 255
constexpr int kQuality = 90;
constexpr int64_t kTinySize = 64;

// Without the syncing of real files: these are many, and the test's.
absl::Status Write(const std::string& path, const std::string& bytes) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  if (error || !(file << bytes)) return StorageError(absl::StrCat(path, " cannot be written"));
  return absl::OkStatus();
}

}  // namespace

Image ForgePicture(int64_t label, int64_t classes, int64_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  const double turn = static_cast<double>(label) / static_cast<double>(classes);
  const double waves = 1 + static_cast<double>(label % 5);
  Image image(3, size, size);
  uint8_t* pixel = image.pixels.data();
  for (int channel = 0; channel < 3; ++channel) {
    const double colour = std::cos(2 * std::numbers::pi * (turn + channel / 3.0));
    for (int64_t i = 0; i < size; ++i) {
      for (int64_t j = 0; j < size; ++j) {
        const auto place = static_cast<double>(label % 2 == 0 ? i : j);
        const double stripe =
            std::cos(2 * std::numbers::pi * waves * place / static_cast<double>(size));
        const int noise = static_cast<int>(random() % (2 * kNoise + 1)) - kNoise;
        const int value = static_cast<int>(128 + 60 * colour + 40 * stripe) + noise;
        *pixel++ = static_cast<uint8_t>(std::clamp(value, 0, 255));
      }
    }
  }
  return image;
}

absl::Status ForgeClassFolders(const std::string& folder, int64_t classes, int64_t count,
                               int64_t size, uint64_t seed) {
  for (int64_t label = 0; label < classes; ++label) {
    for (int64_t i = 0; i < count; ++i) {
      const Image image = ForgePicture(label, classes, size, seed++);
      const std::string path =
          absl::StrCat(folder, "/class_", label, "/", i, i % 2 == 0 ? ".png" : ".jpg");
      DFKD_RETURN_IF_ERROR(Write(path, i % 2 == 0 ? ForgePng(image) : ForgeJpeg(image, kQuality)));
    }
  }
  return absl::OkStatus();
}

absl::Status ForgeTinyImageNet(const std::string& folder, int64_t train, int64_t test,
                               uint64_t seed) {
  const auto jpeg = [&](int64_t label) {
    return ForgeJpeg(ForgePicture(label, kTinyImageNetClasses.size(), kTinySize, seed++), kQuality);
  };
  std::string ids, words, annotations;
  // The file names the classes in an order of its own.
  for (auto label = static_cast<int64_t>(kTinyImageNetClasses.size()) - 1; label >= 0; --label) {
    const TinyImageNetClass& one = kTinyImageNetClasses[label];
    absl::StrAppend(&ids, one.id, "\n");
    absl::StrAppend(&words, one.id, "\t", one.name, ", and another name\n");
    for (int64_t i = 0; i < train; ++i) {
      DFKD_RETURN_IF_ERROR(
          Write(absl::StrCat(folder, "/train/", one.id, "/images/", one.id, "_", i, ".JPEG"),
                jpeg(label)));
    }
    for (int64_t i = 0; i < test; ++i) {
      const std::string name = absl::StrCat("val_", label * test + i, ".JPEG");
      DFKD_RETURN_IF_ERROR(Write(absl::StrCat(folder, "/val/images/", name), jpeg(label)));
      absl::StrAppend(&annotations, name, "\t", one.id, "\t0\t0\t63\t63\n");
    }
  }
  DFKD_RETURN_IF_ERROR(Write(folder + "/wnids.txt", ids));
  DFKD_RETURN_IF_ERROR(Write(folder + "/words.txt", words));
  return Write(folder + "/val/val_annotations.txt", annotations);
}

absl::Status ForgeImageNetFolders(const std::string& folder, const std::vector<std::string>& ids,
                                  int64_t train, int64_t test, uint64_t seed) {
  const auto classes = static_cast<int64_t>(ids.size());
  for (int64_t label = 0; label < classes; ++label) {
    for (int64_t i = 0; i < train + test; ++i) {
      const std::string path = absl::StrCat(folder, i < train ? "/train/" : "/val/", ids[label],
                                            "/", ids[label], "_", i, ".JPEG");
      const Image image = ForgePicture(label, classes, kTinySize, seed++);
      DFKD_RETURN_IF_ERROR(Write(path, ForgeJpeg(image, kQuality)));
    }
  }
  return absl::OkStatus();
}

}  // namespace dfkd
