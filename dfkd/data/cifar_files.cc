#include "dfkd/data/cifar_files.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

// The published files have at most 50,000 records, 154 MB.
constexpr int64_t kMaxFileBytes = int64_t{1} << 30;

absl::Status MissingFile(absl::string_view path, const CifarFormat& format) {
  std::string all = format.test_file;
  for (const std::string& file : format.train_files) absl::StrAppend(&all, ", ", file);
  return InputFileError(absl::StrCat(
      path, " is missing. It is a file of ", format.name, "'s binary version, which holds ", all,
      ": get ", format.archive, " (MD5 ", format.archive_md5,
      ") from https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and name its folder in "
      "data.source's `folder`"));
}

}  // namespace

absl::StatusOr<CifarImages> ParseCifar(absl::string_view bytes, const CifarFormat& format,
                                       absl::string_view path) {
  const int64_t record_bytes = format.record_bytes();
  const auto size = static_cast<int64_t>(bytes.size());
  if (size == 0 || size % record_bytes != 0) {
    return InputFileError(absl::StrCat(path, " has ", size,
                                       " bytes; must be one or more records of ", record_bytes,
                                       " bytes, as ", format.name, " has them"));
  }
  const int64_t count = size / record_bytes;
  CifarImages result = {at::empty({count, kCifarChannels, kCifarSize, kCifarSize}, at::kByte),
                        at::empty({count}, at::kLong)};
  auto* pixels = result.images.mutable_data_ptr<uint8_t>();
  auto* labels = result.labels.mutable_data_ptr<int64_t>();
  const char* record = bytes.data();
  for (int64_t i = 0; i < count; ++i, record += record_bytes, pixels += kCifarPixels) {
    for (size_t k = 0; k < format.label_limits.size(); ++k) {
      const int64_t label = static_cast<unsigned char>(record[k]);
      if (label >= format.label_limits[k]) {
        return InputFileError(absl::StrCat(path, ": record ", i, " has label ", label,
                                           "; must be in [0, ", format.label_limits[k] - 1, "]"));
      }
      labels[i] = label;
    }
    std::memcpy(pixels, record + format.label_limits.size(), kCifarPixels);
  }
  return result;
}

absl::StatusOr<CifarImages> ReadCifar(const std::string& folder,
                                      const std::vector<std::string>& files,
                                      const CifarFormat& format) {
  std::vector<at::Tensor> images, labels;
  for (const std::string& file : files) {
    const std::string path = JoinPath(folder, file);
    if (!FileExists(path)) return MissingFile(path, format);
    DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
    DFKD_ASSIGN_OR_RETURN(CifarImages part, ParseCifar(bytes, format, path));
    images.push_back(std::move(part.images));
    labels.push_back(std::move(part.labels));
  }
  return CifarImages{at::cat(images), at::cat(labels)};
}

}  // namespace dfkd
